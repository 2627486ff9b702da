"""Faults for longer than `make test` has time for: the matrix of docs/reliability.md, on both databases and both lives.

`frame.py` is what a row is; every file in `rows/` adds its own.
"""
