"""Where a line may be opened from: the desk's own pages. The iframe in a customer's page is one of them."""

from __future__ import annotations

from starlette.requests import HTTPConnection


def from_the_desk(connection: HTTPConnection, origins: frozenset[str]) -> bool:
    """True when exactly one Origin is given and it is the desk's."""
    given = connection.headers.getlist("origin")
    return len(given) == 1 and given[0] in origins


def from_elsewhere(connection: HTTPConnection, origins: frozenset[str]) -> bool:
    """True when an Origin is given and it is not the desk's; programs give none."""
    return bool(connection.headers.getlist("origin")) and not from_the_desk(connection, origins)
