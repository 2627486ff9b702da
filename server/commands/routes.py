"""`vipdesk route …`: why a chat went where it went, and where a press would go at any instant."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from typing import Any

from routing import choose
from routing.choose import Decision, Request
from routing.entitlement import Identity
from routing.errors import BadRequest
from server.commands import naming
from server.commands.reaching import Reach, command, group, table
from store import agents, candidates, chats, events, tickets
from store.engine import Connection

MOST = 1_000


def add(commands: Any) -> None:
    """Adds the commands."""
    inner = group(commands, "route", "why a chat went where it went, or would go")
    explain = command(inner, "explain", "print every decision of a chat, in order", _explain)
    explain.add_argument("chat", help="the ticket's number such as VD-12, or the id of ticket or chat")
    simulate = command(inner, "simulate", "print where a press would go, with today's people and load", _simulate)
    simulate.add_argument("--button", required=True, help="its public key or id")
    simulate.add_argument("--at", required=True, help="an instant with its offset: 2026-03-04T09:00+01:00")
    simulate.add_argument("--severity", type=int, choices=range(1, 6), help="1 to 5; left out: none said")
    simulate.add_argument("--technical", action="store_true", help="advanced support is asked for")
    simulate.add_argument("--unverified", action="store_true", help="nobody knows who presses")


async def _explain(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    def query(connection: Connection) -> tuple[str, int, list[bytes]]:
        id = chats.ticket_called(connection, arguments.chat.strip())
        found = None if id is None else tickets.find(connection, id)
        if found is None:
            raise BadRequest(f"There is no chat {arguments.chat}. Take the ticket's number, such as VD-12.")
        return (
            found.ticket.id,
            found.ticket.number,
            events.after(connection, found.ticket.id + events.INTERNAL, 0, MOST),
        )

    id, number, frames = await reach.read(query)
    told = [frame for frame in map(json.loads, frames) if frame["kind"] in ("decision", "ring")]
    rows = [{"at": frame["at"], "kind": frame["kind"], **frame["data"]} for frame in told]
    lines = [f"{row['at'][:19]}Z  {_decided(row) if row['kind'] == 'decision' else _rang(row)}" for row in rows]
    text = "\n".join(lines) or f"Nobody was asked for VD-{number}: it had no chat."
    return {"ticket": id, "number": f"VD-{number}", "decisions": rows}, text


async def _simulate(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept, at = await naming.button(reach, arguments.button), _instant(arguments.at)
    identity: Identity = "unverified" if arguments.unverified else "verified"

    def query(connection: Connection) -> tuple[Decision, dict[str, str]]:
        way = candidates.way_of(connection, kept.id, at)
        assert way is not None, "looked up before"
        known = candidates.candidates(connection, at, None)  # as they chose to be: nobody's lease lasts till then
        request = Request(arguments.severity, arguments.technical, identity, way.language)
        decision = choose.decide(at, way.calendar, way.line, known, request)
        return decision, {each.id: each.name for each in agents.every(connection)}

    decision, names = await reach.read(query)
    skipped = [
        {"agent": names.get(each.agent, each.agent), "step": each.step, "reason": each.reason}
        for each in decision.skipped
    ]
    row = {
        "at": at.isoformat(), "action": decision.action, "agent": names.get(decision.agent or ""),
        "step": decision.step, "because": decision.because, "dedicated": decision.dedicated, "reason": decision.reason,
        "steps": list(decision.steps), "alarm": decision.alarm,
        "skipped": skipped,
    }  # fmt: skip
    cells = [(each["step"], each["agent"], each["reason"]) for each in skipped]
    return row, f"{_outcome(row['agent'], decision.reason)}\n{table(cells, '')}".strip()


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise BadRequest(f"--at cannot be {text!r}: write it like 2026-03-04T09:00+01:00.") from error
    if found.tzinfo is None:
        raise BadRequest("--at needs an offset: write it like 2026-03-04T09:00+01:00.")
    if not 2000 <= found.year < 2100:
        raise BadRequest("--at needs an instant of this century.")
    return found.astimezone(UTC)


def _decided(row: dict[str, Any]) -> str:
    passed = "".join(f"\n    {each['step']}: {each['agent']['name']} is {each['reason']}" for each in row["skipped"])
    return _outcome(row["agent"] and row["agent"]["name"], row["reason"]) + passed


def _rang(row: dict[str, Any]) -> str:
    return f"{row['agent']['name']}: {row['outcome'] or 'it rings'}" + (
        f", {row['reason']}" if row.get("reason") else ""
    )


def _outcome(agent: object, reason: str) -> str:
    return f"{agent or 'the queue'}: {reason}"
