"""The streams one socket follows: which seq was queued last, and what each stream waits for. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

MOST = 1000
INTERNAL = "/i"


class State(Enum):
    LIVE = "events are passed on as they come"
    REPLAYING = "events are read from the record, live ones wait there"
    HELD = "the queue was emptied: nothing until the client resumes"
    BROKEN = "the record could not be read: tried again at the next heartbeat"


@dataclass(slots=True)
class Followed:
    """One stream of one socket."""

    stream: str
    last: int
    """The seq up to which everything was queued for this socket."""
    head: int = 0
    """The highest seq that is known to be in the record."""
    state: State = State.REPLAYING
    resumed: bool = False
    """The client asked for it and is told when it has everything."""
    anew: bool = False
    """The client's cursor is of no use: it gets a snapshot."""
    turn: int = 0
    """Counts replays: one that was overtaken stops."""
    then: list[bytes] = field(default_factory=list)
    """Ephemeral frames that make sense only after the replay."""

    def begin(self, after: int, *, resumed: bool, anew: bool = False) -> None:
        """A replay of everything after `after` is due."""
        self.last = after
        self.state = State.REPLAYING
        self.resumed = resumed
        self.anew = anew
        self.turn += 1

    def passes(self, seq: int) -> bool:
        """A live event came: True when it is the next one and goes out now."""
        self.head = max(self.head, seq)
        if self.state is State.LIVE and seq == self.last + 1:
            self.last = seq
            return True
        else:
            return False

    @property
    def behind(self) -> bool:
        """It is known already that something is missing: nobody needs to ask for the head."""
        return self.anew or self.head > self.last

    def lacks(self) -> bool:
        """The record has more than this socket, and nothing is under way."""
        return self.head > self.last and self.state in (State.LIVE, State.BROKEN)


def ticket_of(stream: str) -> str:
    return stream.removesuffix(INTERNAL)


def streams_of(ticket: str, *, internal: bool) -> tuple[str, ...]:
    return (ticket, ticket + INTERNAL) if internal else (ticket,)
