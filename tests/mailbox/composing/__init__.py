"""Tests of how a mail is made."""
