"""Jobs that walk over the whole desk: they read in pieces and write nothing, so that no verb waits behind them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from functools import partial

from desk import frames
from desk.deciding import SEEN_AFTER
from desk.desk import Desk
from desk.promising import state_among
from desk.reading import people_of
from desk.work import Work
from live.base import Published
from routing import choose, entitlement
from store import candidates
from store.engine import Connection

PIECE = 50
"""So many buttons are looked at in one snapshot."""

Wish = tuple[str, datetime]
Walk = Callable[[Desk], Awaitable[list[Wish]]]


async def promises(desk: Desk) -> list[Wish]:
    """Every button's promise as it is now, to the open pages of that button."""
    for piece in _pieces(await desk.record.read(candidates.active_buttons)):
        now, present = desk.clock.now(), await desk.present()
        desk.live.publish(await desk.record.read(partial(_promises_of, buttons=piece, now=now, present=present)))
    return []


def _promises_of(
    connection: Connection, buttons: list[str], now: datetime, present: frozenset[str] | None
) -> list[Published]:
    known = candidates.candidates(connection, now, present)
    states = ((id, state_among(connection, id, now, known)) for id in buttons)
    return [frames.ephemeral((f"button:{id}",), "promise", state) for id, state in states if state is not None]


async def people(desk: Desk) -> list[Wish]:
    """Every agent's presence and load, to all consoles."""
    now, present = desk.clock.now(), await desk.present()
    found = await desk.record.read(lambda connection: people_of(Work(connection, now, None, present), present))
    desk.live.publish([frames.ephemeral(("desk",), "people", {"people": found})])
    return []


async def edges(desk: Desk) -> list[Wish]:
    """Opening and closing, absences, add-ons: who waits is decided anew, and the next of these instants is wished."""
    now, present = desk.clock.now(), await desk.present()
    known = await desk.record.read(lambda connection: candidates.candidates(connection, now, present))
    instants = list(choose.absence_edges(now, known.values()))
    for piece in _pieces(await desk.record.read(candidates.active_buttons)):
        instants += await desk.record.read(partial(_edges_of, buttons=piece, now=now))
    coming = [("edges", min(instants))] if instants else []
    seen = now + SEEN_AFTER
    return [("decide", now), ("queue", now), ("promises", seen), ("people", seen), *coming]


def _edges_of(connection: Connection, buttons: list[str], now: datetime) -> list[datetime]:
    ways = (candidates.way_of(connection, id, now) for id in buttons)
    found = (
        entitlement.edges(now, way.calendar, way.line.add_on, "verified", way.line.identity_policy)
        for way in ways
        if way is not None
    )
    return [edge for edge in found if edge is not None and edge > now]


def _pieces(ids: list[str]) -> Iterator[list[str]]:
    return (ids[start : start + PIECE] for start in range(0, len(ids), PIECE))


WALKS: dict[str, Walk] = {"promises": promises, "people": people, "edges": edges}
"""By the kind of the job; what each gives back is wished when it is over: kind, which is its key too, and when."""
