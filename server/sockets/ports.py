"""What the sockets need of their neighbours: the desk's verbs, its reading side, identity, the transport underneath."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, Literal, Protocol

from desk.actors import Signed
from desk.reading import Opening

Audience = Literal["contact", "agent"]
Acknowledge = Callable[[dict[str, Any]], None]


class Verbs(Protocol):
    """The desk. Every method raises routing.errors.DeskError when it refuses."""

    async def perform(self, signed: Signed, request: Any, acknowledge: Acknowledge) -> None: ...
    async def typing(self, signed: Signed, ticket: str, on: bool) -> None: ...
    def person_here(self, kind: Audience, person: str) -> Coroutine[Any, Any, None]: ...
    def person_gone(self, kind: Audience, person: str) -> Coroutine[Any, Any, None]: ...


class Reading(Protocol):
    """What the record says, for these eyes. Frames are ready-made bytes."""

    async def opening(self, signed: Signed) -> Opening: ...
    async def may_follow(self, signed: Signed, streams: Sequence[str]) -> set[str]: ...
    async def own_tickets(self, signed: Signed) -> list[str]: ...
    async def missed(self, stream: str, after: int, limit: int) -> tuple[int, list[bytes]]: ...
    async def snapshot(self, signed: Signed, stream: str) -> tuple[int, dict[str, Any]]: ...
    async def history(self, signed: Signed, stream: str, before: int, limit: int) -> list[bytes]: ...
    async def heads(self, streams: Sequence[str]) -> Mapping[str, int]: ...
    async def open_rings(self, agents: Sequence[str]) -> Mapping[str, list[str]]: ...


class Identity(Protocol):
    """Who stands behind the credentials; None when nobody (any more)."""

    async def contact(self, token: str) -> Signed | None: ...
    async def agent(self, cookie: str, csrf: str) -> Signed | None: ...


class Transport(Protocol):
    """Carries the frames of one connection."""

    streaming: bool
    """True for HTTP: requests come beside it, through any process."""

    @property
    def takes(self) -> bool:
        """Whether frames can be written at once; else each is sent, and waited for."""

    def write(self, frames: Sequence[bytes]) -> None:
        """All in one go; only while it `takes`."""

    async def send(self, frame: bytes) -> None:
        """Returns when there is room for the next. Raises OSError when the peer is gone."""

    def shut(self, code: int) -> None:
        """Closes with a code of the protocol, without waiting for a peer that does not read."""

    def abort(self) -> None:
        """Drops the line at once."""

    def unsent(self) -> int:
        """Bytes that wait for the peer, as far as known."""


Authenticate = Callable[[], Awaitable[Signed | None]]
