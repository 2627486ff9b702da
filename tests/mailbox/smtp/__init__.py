"""Tests of the session with the server that takes our mail."""
