"""Presence leases of the sockets of this process, by the monotonic clock."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from live.base import Kind


class Leases:
    """Every socket's lease; a person is here while one of their sockets has one.

    All leases are equally long, so they run out in the order in which they were renewed: to know who is here, only
    those at the front are looked at. Ten thousand contacts may be here, and every decision asks.
    """

    def __init__(self, lease_s: float, monotonic: Callable[[], float]) -> None:
        self._lease_s = lease_s
        self._monotonic = monotonic
        self._ends: dict[Kind, dict[str, dict[str, float]]] = {"agent": {}, "contact": {}}
        self._renewed: dict[Kind, OrderedDict[tuple[str, str], None]] = {
            "agent": OrderedDict(),
            "contact": OrderedDict(),
        }

    def beat(self, kind: Kind, person: str, socket: str) -> bool:
        """Renews. True when the person was not here before."""
        now = self._monotonic()
        ends = self._ends[kind].setdefault(person, {})
        fresh = all(end <= now for end in ends.values())
        ends[socket] = now + self._lease_s
        self._renewed[kind][person, socket] = None
        self._renewed[kind].move_to_end((person, socket))
        return fresh

    def drop(self, kind: Kind, person: str, socket: str) -> bool:
        """Gives a lease back. True when the person has no other here."""
        self._forget(kind, person, socket)
        now = self._monotonic()
        return not any(end > now for end in self._ends[kind].get(person, {}).values())

    def left_s(self, kind: Kind, person: str) -> float:
        """Seconds until the person's last lease ends; 0 when there is none."""
        return max(0.0, max(self._ends[kind].get(person, {}).values(), default=0.0) - self._monotonic())

    def people(self, kind: Kind) -> frozenset[str]:
        """Everyone of a kind here; forgets what has run out."""
        now, people, renewed = self._monotonic(), self._ends[kind], self._renewed[kind]
        while renewed:
            person, socket = next(iter(renewed))
            if people[person][socket] > now:
                break
            self._forget(kind, person, socket)
        return frozenset(people)

    def _forget(self, kind: Kind, person: str, socket: str) -> None:
        self._renewed[kind].pop((person, socket), None)
        ends = self._ends[kind].get(person, {})
        ends.pop(socket, None)
        if not ends:
            self._ends[kind].pop(person, None)

    def everyone(self) -> list[tuple[Kind, str]]:
        return [(kind, person) for kind, people in self._ends.items() for person in people]
