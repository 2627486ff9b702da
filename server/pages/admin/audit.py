"""The audit log: filtered, paged by number, verified, taken along as a file."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response, StreamingResponse

from desk.administration import Wrong
from desk.administration.auditing import AuditQuestion, filter_of, head_of, named
from desk.administration.selling import office_zone
from routing.errors import DeskError
from server import audit_export
from server.pages.admin.asking import Asked
from server.pages.admin.times import when
from server.pages.texts import _
from store import audit, audit_log
from store.audit import Verdict
from store.audit_log import Entry, Filter
from store.engine import Connection
from store.times import micros

PAGE = 50
FIELDS = ("actor", "object", "action", "since", "until")
NEWEST = 2**62


async def show(asked: Asked) -> Response:
    """`GET /admin/audit`"""
    return await _page(asked, _question(asked.request.query_params))


async def export(asked: Asked) -> Response:
    """`POST /admin/audit`: the rows that the filter lets through, as a file; that too is written down."""
    question, format = _question(asked.form), asked.text("format")
    if format not in audit_export.FORMATS:
        return await _page(asked, question)
    try:
        only = await asked.read(lambda connection: filter_of(connection, question))
    except Wrong as error:
        return await _page(asked, question, error)
    await asked.admin.audit.exported(asked.signed, format, question)
    headers = {"Content-Disposition": f'attachment; filename="audit.{format}"', "Cache-Control": "no-store"}
    rows = audit_export.lines(asked.parts.record, only, format)
    return StreamingResponse(rows, media_type=audit_export.FORMATS[format], headers=headers)


async def verify(asked: Asked) -> Response:
    """`POST /admin/audit/verify`: whether every row is there, unchanged, in its place."""
    try:
        verdict = await audit.verify_all(asked.parts.record, head_of(asked.text("head")))
    except Wrong as error:
        return await _page(asked, AuditQuestion(), error, head=asked.text("head"))
    return await _page(asked, AuditQuestion(), verdict=verdict, head=asked.text("head"))


def _question(fields: Any) -> AuditQuestion:
    return AuditQuestion(*(str(fields.get(name, "")) for name in FIELDS))


async def _page(
    asked: Asked, question: AuditQuestion, error: DeskError | None = None, *, verdict: Verdict | None = None,
    head: str = "",
) -> Response:  # fmt: skip
    before = _before(asked)
    only = Filter()
    try:
        only = await asked.read(lambda connection: filter_of(connection, question))
    except Wrong as wrong:
        error = wrong

    def query(connection: Connection) -> dict[str, Any]:
        found = audit_log.page(connection, before, PAGE + 1, only)
        older = found[PAGE - 1].number if len(found) > PAGE else None
        return {"entries": found[:PAGE], "names": named(connection, found), "older": older,
                "actions": audit_log.actions(connection), "zone": office_zone(connection),
                "chain_head": str(audit.head(connection))}  # fmt: skip

    found = await asked.read(query)
    names = found.pop("names")
    rows = [_row(each, names, found["zone"]) for each in found.pop("entries")]  # here: the thread above has no reader
    asked_for = {name: value for name, value in asdict(question).items() if value}
    older = urlencode(asked_for | {"before": found["older"]}) if found["older"] else ""
    form = asdict(question) | {"head": head}
    return asked.page(
        "audit.html", "audit", form, error, verdict=verdict, older_link=older, newest=before == NEWEST,
        newest_link=urlencode(asked_for), filtered=bool(asked_for), rows=rows, **found,
    )  # fmt: skip


def _before(asked: Asked) -> int:
    text = asked.request.query_params.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else NEWEST


def _row(entry: Entry, names: dict[str, str], zone: str) -> dict[str, Any]:
    actor = _("the desk") if entry.actor_id is None else names.get(entry.actor_id, entry.actor_id)
    detail = json.dumps(entry.detail, ensure_ascii=False)
    return {
        "number": entry.number, "at": when(micros(entry.at), zone, seconds=True), "actor": actor,
        "action": entry.action, "object": names.get(entry.object, entry.object), "detail": detail,
    }  # fmt: skip
