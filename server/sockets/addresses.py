"""How many lines one network address has open in this process: a guard against one stranger, not a count of people."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response

from server.networks import is_this_machine, network_of


class Addresses:
    """`most` lines for each; 0: as many as they like."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: Counter[str] = Counter()

    @contextlib.contextmanager
    def place(self, connection: HTTPConnection) -> Iterator[bool]:
        """A place for a line for as long as the block runs; False: there is none."""
        host = connection.client.host if connection.client else "127.0.0.1"
        network = network_of(host)
        if is_this_machine(host) or not self._most:
            yield True
        elif self._open[network] >= self._most:
            yield False
        else:
            self._open[network] += 1
            try:
                yield True
            finally:
                self._open[network] -= 1
                if not self._open[network]:
                    del self._open[network]


def is_near(connection: HTTPConnection) -> bool:
    """Whether it comes from this machine, which nobody counts."""
    return connection.client is None or is_this_machine(connection.client.host)


def crowded() -> Response:
    """The answer to a line that has no place."""
    words = "Too many lines are open from your network address. Close some, or try again later."
    return PlainTextResponse(words, 429, headers={"Retry-After": "5"})
