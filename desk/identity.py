"""Who somebody is: agents by password and second step, contacts by token, signed word of their site, or mailed code."""

from __future__ import annotations

from desk.admission import NotSignedIn
from desk.agent_identity import AgentIdentity, AgentSignedIn
from desk.contact_identity import ContactIdentity, ContactSignedIn

__all__ = ["AgentSignedIn", "ContactSignedIn", "Identity", "NotSignedIn"]


class Identity(AgentIdentity, ContactIdentity):
    """Sign-in, sessions, tokens."""
