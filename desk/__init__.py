"""The verbs of the desk: one transaction each, typed events, published after the commit."""
