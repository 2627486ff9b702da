"""Presence leases of the sockets of this process, by the monotonic clock."""

from __future__ import annotations

from collections.abc import Callable

from live.base import Kind


class Leases:
    """Every socket's lease; a person is here while one of their sockets has one."""

    def __init__(self, lease_s: float, monotonic: Callable[[], float]) -> None:
        self._lease_s = lease_s
        self._monotonic = monotonic
        self._ends: dict[tuple[Kind, str], dict[str, float]] = {}

    def beat(self, kind: Kind, person: str, socket: str) -> bool:
        """Renews. True when the person was not here before."""
        now = self._monotonic()
        ends = self._ends.setdefault((kind, person), {})
        fresh = all(end <= now for end in ends.values())
        ends[socket] = now + self._lease_s
        return fresh

    def drop(self, kind: Kind, person: str, socket: str) -> bool:
        """Gives a lease back. True when the person has no other here."""
        ends = self._ends.get((kind, person), {})
        ends.pop(socket, None)
        now = self._monotonic()
        if any(end > now for end in ends.values()):
            return False
        self._ends.pop((kind, person), None)
        return True

    def left_s(self, kind: Kind, person: str) -> float:
        """Seconds until the person's last lease ends; 0 when there is none."""
        return max(0.0, max(self._ends.get((kind, person), {}).values(), default=0.0) - self._monotonic())

    def people(self, kind: Kind) -> frozenset[str]:
        """Everyone here; forgets what has run out."""
        now = self._monotonic()
        for key, ends in list(self._ends.items()):
            for socket in [socket for socket, end in ends.items() if end <= now]:
                del ends[socket]
            if not ends:
                del self._ends[key]
        return frozenset(person for of_kind, person in self._ends if of_kind == kind)

    def everyone(self) -> list[tuple[Kind, str]]:
        return list(self._ends)
