"""Presence leases of the sockets of this process, by the monotonic clock."""

from __future__ import annotations

from collections.abc import Callable

from live.base import Kind


class Leases:
    """Every socket's lease; a person is here while one of their sockets has one.

    Agents are few and asked for by every decision, contacts may be ten thousand: each kind is walked alone.
    """

    def __init__(self, lease_s: float, monotonic: Callable[[], float]) -> None:
        self._lease_s = lease_s
        self._monotonic = monotonic
        self._ends: dict[Kind, dict[str, dict[str, float]]] = {"agent": {}, "contact": {}}

    def beat(self, kind: Kind, person: str, socket: str) -> bool:
        """Renews. True when the person was not here before."""
        now = self._monotonic()
        ends = self._ends[kind].setdefault(person, {})
        fresh = all(end <= now for end in ends.values())
        ends[socket] = now + self._lease_s
        return fresh

    def drop(self, kind: Kind, person: str, socket: str) -> bool:
        """Gives a lease back. True when the person has no other here."""
        ends = self._ends[kind].get(person, {})
        ends.pop(socket, None)
        now = self._monotonic()
        if any(end > now for end in ends.values()):
            return False
        self._ends[kind].pop(person, None)
        return True

    def left_s(self, kind: Kind, person: str) -> float:
        """Seconds until the person's last lease ends; 0 when there is none."""
        return max(0.0, max(self._ends[kind].get(person, {}).values(), default=0.0) - self._monotonic())

    def people(self, kind: Kind) -> frozenset[str]:
        """Everyone of a kind here; forgets what has run out."""
        now, people = self._monotonic(), self._ends[kind]
        for person, ends in list(people.items()):
            for socket in [socket for socket, end in ends.items() if end <= now]:
                del ends[socket]
            if not ends:
                del people[person]
        return frozenset(people)

    def everyone(self) -> list[tuple[Kind, str]]:
        return [(kind, person) for kind, people in self._ends.items() for person in people]
