"""What operators and balancers ask: `/live`, `/ready`, `/metrics`. No names, no texts."""

from __future__ import annotations

import hmac
import ipaddress
import math
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from desk.due import KINDS
from routing.errors import DeskError, NotFound
from server.mail_report import BoxReport, reports
from server.metrics import Metrics
from server.parts import Parts
from store import jobs, meta

LATE = timedelta(seconds=30)

PASSED_ON = ("x-forwarded-for", "forwarded", "x-real-ip", "via")


async def live(parts: Parts, request: Request) -> Response:
    """`GET /live`: the process answers."""
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


async def ready(parts: Parts, request: Request) -> Response:
    """`GET /ready`: each part `ok` or its reason; 503 unless all can do their work."""
    state = await health(parts)
    age_s = await _backup_age_s(parts)
    if age_s is not None:
        state["backup"] = _told(age_s)
    if mailboxes := await _mailboxes(parts):
        state["mailboxes"] = _told_of(mailboxes)
    fine = state["record"] == "ok" and state["web"] == "ok"
    return JSONResponse(state, 200 if fine else 503, {"Cache-Control": "no-store"})


async def metrics(parts: Parts, measured: Metrics, request: Request) -> Response:
    """`GET /metrics`: for this machine, or for who knows the token. Raises NotFound for everybody else."""
    if not _may_measure(parts.settings.metrics_token, request):
        raise NotFound
    for part, said in (await health(parts)).items():
        measured.up.labels(part).set(said == "ok")
    age_s = await _backup_age_s(parts)
    measured.backup_age.set(math.inf if age_s is None else age_s)
    measured.mailboxes.show(await _mailboxes(parts), parts.desk.clock.real())
    lines = [connection.audience for connection in parts.sockets.connections]
    for audience in ("agent", "contact"):
        measured.lines.labels(audience).set(lines.count(audience))
    return Response(measured.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _may_measure(token: str, request: Request) -> bool:
    if token:
        return hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {token}".encode())
    peer = request.client.host if request.client else ""
    through_a_proxy = any(name in request.headers for name in PASSED_ON)
    try:
        ours = request.url.hostname == "localhost" or ipaddress.ip_address(request.url.hostname or "").is_loopback
        return ours and not through_a_proxy and ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False


async def health(parts: Parts) -> dict[str, str]:
    """Every part with `ok` or one sentence."""
    record, present = parts.record.health(), parts.live.health()
    return {
        "record": "ok" if record.ok else record.reason,
        "live": "ok" if present.ok else present.reason,
        "clock": await _clock(parts),
        "web": "draining" if parts.sockets.draining else "ok",
    }


async def _clock(parts: Parts) -> str:
    try:
        first = await parts.record.read(lambda connection: jobs.earliest(connection, KINDS))
    except DeskError:
        return "unknown while the record is away"
    late = timedelta() if first is None else parts.desk.clock.now() - first
    return "ok" if late < LATE else f"what falls due is {round(late.total_seconds())} s late"


async def _backup_age_s(parts: Parts) -> float | None:
    """Of the newest backup, by the real time; infinite when there was never one. None: not known, or a demo's."""
    try:
        at = await parts.record.read(meta.backed_up)
    except DeskError:
        return None
    if at is None:
        return None if parts.is_demo else math.inf
    return (datetime.now(UTC) - at).total_seconds()


def _told(age_s: float) -> str:
    """A detail and no verdict: how old is too old is the operator's to say."""
    if math.isinf(age_s):
        return "never taken"
    elif age_s < 7200:
        return f"{max(0, round(age_s / 60))} minutes old"
    else:
        return f"{round(age_s / 3600)} hours old"


async def _mailboxes(parts: Parts) -> list[BoxReport]:
    """Of those that are switched on; none while the record is away."""
    try:
        found = await parts.record.read(lambda connection: reports(connection, parts.desk.clock))
    except DeskError:
        return []
    return [each for each in found if each.grade != "off"]


def _told_of(found: list[BoxReport]) -> str:
    """A detail and no verdict: the desk works while a mail server is down. Without addresses."""
    silent = sum(each.grade == "bad" for each in found)
    return "ok" if not silent else f"{silent} of {len(found)} silent, or their mail does not come through"
