"""The present moment: who is here, who listens, who must wait. May be wiped at any time; nothing here is a record."""
