"""The wire of docs/protocol.md for both audiences, over WebSocket and over HTTP; no rules and no SQL live here."""
