"""Tests of the wire to a mailbox."""
