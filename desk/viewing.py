"""Who looks at which ticket and writes there, as this process knows it; shown to agents, kept nowhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

WRITES_S = 6.0
"""A writing that is not renewed ends by itself."""


@dataclass(frozen=True)
class Viewer:
    """An agent who looks."""

    name: str
    writes_until: float = 0.0


class Viewers:
    """By ticket and agent."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._looking: dict[str, dict[str, Viewer]] = {}

    def look(self, ticket: str, agent: str, name: str, on: bool) -> bool:
        """Looks, or looks away; True when that changed something."""
        there = self._looking.setdefault(ticket, {})
        changed = on != (agent in there)
        if on:
            there.setdefault(agent, Viewer(name))
        else:
            there.pop(agent, None)
        if not there:
            del self._looking[ticket]
        return changed or on

    def writing(self, ticket: str, agent: str, on: bool) -> bool:
        """Writes, or stopped; True when others should know."""
        viewer = self._looking.get(ticket, {}).get(agent)
        if viewer is None:
            return False
        self._looking[ticket][agent] = replace(viewer, writes_until=self._monotonic() + WRITES_S if on else 0.0)
        return True

    def gone(self, agent: str) -> list[str]:
        """Looks nowhere any more; the tickets it concerns."""
        tickets = [ticket for ticket, there in self._looking.items() if agent in there]
        for ticket in tickets:
            self.look(ticket, agent, "", False)
        return tickets

    def of(self, ticket: str) -> list[dict[str, object]]:
        """`[{"id","name","writing"}]`."""
        now = self._monotonic()
        return [
            {"id": agent, "name": viewer.name, "writing": viewer.writes_until > now}
            for agent, viewer in self._looking.get(ticket, {}).items()
        ]
