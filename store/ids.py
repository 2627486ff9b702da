"""New ids: opaque, 128 random bits, 22 characters that are safe in addresses and as words of a command line."""

import secrets
from collections.abc import Callable

source: Callable[[int], str] = secrets.token_urlsafe
"""Where the randomness comes from; a simulation with a seed puts its own here."""


def new_id() -> str:
    """A fresh id; never one that begins with a dash, which a command would read as an option."""
    while (fresh := source(16)).startswith("-"):
        pass
    return fresh
