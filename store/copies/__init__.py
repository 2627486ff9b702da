"""Whole copies of a desk: taken while it runs, checked, put back. The record's statements stay with their nouns.

A copy holds the record as one SQLite file, whichever database it came from: columns are plain, so that both databases
agree, and one way of checking and of putting back serves both.
"""
