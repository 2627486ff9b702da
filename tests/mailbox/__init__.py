"""Tests of mailbox/."""
