"""The running server, as processes of its own."""
