"""The verbs of the desk, on real records."""
