"""The open tickets of somebody who left go to who took over, in pieces: nobody waits for the last of thousands."""

from __future__ import annotations

from desk.deciding import set_owner
from desk.work import Work
from store import agents

PIECE = 25


def piece(work: Work, gone: str) -> None:
    """The oldest that are left; what remains is wished for next. Nothing when nobody took over."""
    successor = agents.successor_of(work.connection, gone)
    if successor is None:
        return
    owned = agents.owned(work.connection, gone, PIECE + 1)
    for each in owned[:PIECE]:
        found = work.ticket(each.id)
        set_owner(work, found, successor, "left")
        work.show(found)
    if len(owned) > PIECE:
        work.job("taking_over", f"taking_over:{gone}", payload={"agent": gone})
