"""Record and live: reachable, new enough, whole; what the record names, and who works on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from desk.clock import SystemClock
from server import mail_report
from server.doctor.finding import Finding
from server.mail_report import BoxReport
from server.opening import StartError, closed_to, sealer_here
from server.program import VERSION
from server.settings import Settings
from store import audit, beats, condition, files, meta, sealed
from store.blobs import Blobs
from store.engine import open_record

MOST_AHEAD_S = 2.0
MISSED = {
    "web": "nobody reaches the desk",
    "mailbox": "mail goes neither in nor out",
    "clock": "nothing that falls due is done, rings do not end, nobody's absence is noticed",
}
"""What stands still without such a process."""


def shared(settings: Settings) -> Iterator[Finding]:
    if bool(settings.database_url) != bool(settings.redis_url):
        absent = "VIPDESK_REDIS_URL" if settings.database_url else "VIPDESK_DATABASE_URL"
        yield Finding(f"{absent} is not set.", "Several processes need both; for one process set neither.")


def live(settings: Settings) -> Iterator[Finding]:
    if not settings.redis_url:
        return
    from live import condition as live_condition  # its library is slow to load

    if fault := live_condition.look(settings.redis_url):
        yield Finding(fault, "Look at VIPDESK_REDIS_URL and the server; it needs maxmemory-policy noeviction.")


def record(settings: Settings) -> Iterator[Finding]:
    found = condition.look(settings.record_url, time.time())
    if found.fault:
        yield Finding(found.fault, "Look at VIPDESK_DATABASE_URL, the server and its disk, or restore a backup.")
    elif not found.is_there:
        yield Finding("There is no desk here yet.", "Make one: vipdesk setup --name … --admin …")
    elif found.behind:
        yield Finding(
            f"The record lacks {found.behind} steps of this program.", "Start one process, which brings it up to date."
        )
    else:
        yield from asyncio.run(_inside(settings))
    if found.too_old:
        yield Finding(found.too_old, "Move to a newer one; backup and restore is one way.")
    if abs(found.ahead_s) > MOST_AHEAD_S:
        yield Finding(
            f"The database's clock and this machine's differ by {abs(found.ahead_s):.0f} s.", "Keep both by NTP."
        )
    if not found.durable:
        yield Finding(
            "The database does not wait for its disk (synchronous_commit is off).",
            "The desk sets it for itself; set it to on for what else writes there.",
        )


async def _inside(settings: Settings) -> list[Finding]:
    opened = await open_record(settings.record_url)
    try:
        kind = await opened.read(meta.kind)
        verdict = await audit.verify_all(opened)
        named = await opened.read(files.named)
        kept_sealed = await opened.read(sealed.every)
        mail = await opened.read(lambda connection: mail_report.reports(connection, SystemClock()))
        programs = await opened.read(lambda connection: beats.programs(connection, datetime.now(UTC)))
    finally:
        await opened.close()
    found = []
    if kind == "demo" and not settings.is_private:
        found.append(Finding("This is a demo, and others can reach it.", "Set VIPDESK_HOST=127.0.0.1, or make a desk."))
    if verdict.fault:
        found.append(Finding(f"The audit was changed: {verdict.fault}", "Find out by whom; compare with a backup."))
    found += [*_closed(settings, kept_sealed), *_attachments(settings, named), *_programs(programs), *_mail(mail)]
    return found


def _closed(settings: Settings, kept: list[bytes]) -> Iterator[Finding]:
    try:
        sealer = sealer_here(settings)
    except StartError:
        return  # named where keys are looked at
    closed = closed_to(sealer, kept)
    if closed:
        yield Finding(
            f"{closed} of {len(kept)} signing keys, passwords of mailboxes and second steps cannot be opened with the"
            " keys here.",
            "Put back the key that sealed them: VIPDESK_SECRET_KEYS, or secret.key of the data folder.",
        )


def _attachments(settings: Settings, named: set[str]) -> Iterator[Finding]:
    blobs = Blobs(settings.data / "files")
    lost = [each for each in sorted(named) if not blobs.exists(each)]
    if lost:
        yield Finding(
            f"{len(lost)} of {len(named)} attachments and pictures are not in {settings.data / 'files'}: {lost[0]} …",
            "Is it the folder that all processes share? Else bring them from a backup: its files/ has the same names.",
        )


def _mail(found: list[BoxReport]) -> Iterator[Finding]:
    for each in found:
        if each.grade == "bad" or (each.health is not None and each.health.step and each.grade != "off"):
            address = each.box.address
            yield Finding(
                f"{address}: {mail_report.said(each)}",
                mail_report.todo(each) or f"Try it: vipdesk mail test {address}",
            )


def _programs(programs: dict[str, list[str]]) -> Iterator[Finding]:
    if len(programs) > 1:
        told = ", ".join(f"{version} ({' and '.join(roles)})" for version, roles in sorted(programs.items()))
        yield Finding(f"Processes of {len(programs)} programs run on this record: {told}.", "Renew the older ones too.")
    elif programs and VERSION not in programs:
        yield Finding(
            f"The running processes are of {next(iter(programs))}, and this is {VERSION}.", "Renew them, one by one."
        )
    running = {role for roles in programs.values() for role in roles}
    for role in beats.ROLES:
        if running and role not in running:
            yield Finding(
                f"No process {role} runs, though others do: {MISSED[role]}.",
                f"Start one: vipdesk {role} (docs/deploy.md has the units), or vipdesk, which does all in one.",
            )
