"""Faults for longer than `make test` has time for: the same code, more seeds, on both databases."""
