"""How each mailbox is, as health, forms, commands and metrics show it: a verdict with its sentence, and the figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from desk.clock import Clock
from desk.mail_watch import silent_for, trouble
from server.pages.texts import _
from store import mailbox_health, mailboxes, singletons
from store.engine import Connection
from store.mailbox_health import Health
from store.mailboxes import Mailbox
from store.times import instant, micros

Grade = Literal["ok", "care", "bad", "off"]


@dataclass(frozen=True)
class BoxReport:
    """Of one mailbox, without words. `silent`: since its server's last answer; `lag`: how long mail has been there that
    is not stored; `polled_by`: host and process, empty: nobody. `backlog` by state, `cursors` by folder. `aside`: mails
    that could not be read and that nobody has seen to, and the number of the first one's ticket.
    """

    box: Mailbox
    health: Health | None
    grade: Grade
    silent: timedelta
    lag: timedelta
    polled_by: str
    backlog: Mapping[str, int]
    cursors: Mapping[str, tuple[int, int]]
    aside: tuple[int, int] | None = None


def reports(connection: Connection, clock: Clock) -> list[BoxReport]:
    """Of all, by address."""
    known, backlogs, cursors = (
        mailbox_health.every(connection),
        mailbox_health.backlogs(connection),
        mailbox_health.cursors(connection),
    )
    aside = mailbox_health.aside(connection)
    found = []
    for box in mailboxes.every(connection):
        held = singletons.find(connection, f"mailbox {box.id}")
        health = known.get(box.id)
        found.append(
            BoxReport(
                box,
                health,
                _grade(box, health, clock, missing="missing" in backlogs.get(box.id, {}), aside=box.id in aside),
                timedelta() if health is None else silent_for(health, micros(clock.real())),
                _lag(health, clock),
                " ".join(held.holder.split()[:2]) if held is not None else "",
                backlogs.get(box.id, {}),
                cursors.get(box.id, {}),
                aside.get(box.id),
            )
        )
    return found


def _grade(box: Mailbox, health: Health | None, clock: Clock, *, missing: bool, aside: bool) -> Grade:
    if not box.active:
        return "off"
    elif health is None:
        return "care"
    elif trouble(health, clock):
        return "bad"
    elif health.step or health.send_step or health.asked_at is None or missing or aside:
        return "care"
    else:
        return "ok"


def _lag(health: Health | None, clock: Clock) -> timedelta:
    if health is None or health.behind_since is None:
        return timedelta()
    return max(timedelta(), clock.real() - instant(health.behind_since))


# In words -----------------------------------------------------------------------------------------------------------


def said(found: BoxReport) -> str:
    """How it is, in one sentence of the reader's language."""
    health = found.health
    if found.grade == "off":
        return _("It is switched off.")
    elif health is None or health.asked_at is None:
        begun = _("It has not been read yet.")
        return f"{begun} {failing(health)}" if health is not None and health.step else begun
    elif health.step:
        ago = _("Its server answered last {ago} ago.", ago=span(found.silent))
        return f"{ago} {failing(health)}"
    elif health.send_step:
        return _("Mail does not leave: {why}", why=failing_to_send(health))
    elif found.grade == "bad" and health.probe_sent_at is not None and health.probe_came_at is None:
        return _("A mail that the desk sent to itself has not come back.")
    elif found.grade == "bad":
        return _("Its server has not answered for {ago}.", ago=span(found.silent))
    elif found.lag:
        return _("{count} mails are being fetched, for {ago}.", count=health.behind, ago=span(found.lag))
    elif found.backlog.get("missing"):
        return _("{count} mails are there that the server does not give.", count=found.backlog["missing"])
    elif found.aside is not None:
        count, first = found.aside
        return _(
            "{count} mails could not be read and are put aside, the first on VD-{number}.", count=count, number=first
        )
    else:
        return _("Its server answered {ago} ago; nothing is behind.", ago=span(found.silent))


def todo(found: BoxReport) -> str:
    """What to do about it; empty when nothing is."""
    health = found.health
    if found.grade in ("ok", "off"):
        return ""
    elif not found.polled_by:
        return _("No process reads it. Start one: vipdesk mailbox, or vipdesk for all in one.")
    elif health is not None and health.step in (repairs := _repairs()):
        return repairs[health.step]
    elif health is not None and health.send_step in repairs:
        return repairs[health.send_step]
    elif health is not None and health.probe_sent_at is not None and health.probe_came_at is None and not health.step:
        return _("Look at how mail leaves and comes in: test the connection, then the server's queue.")
    elif found.grade == "bad":
        return _("Does the process that reads it still run? If it does, test the connection.")
    elif found.aside is not None:
        return _("Read the original on its ticket, and answer it; a ticket that is solved counts no more.")
    else:
        return ""


def failing(health: Health) -> str:
    """Which step fails, and what the server said."""
    return f"{step_said(health.step)}: {health.words}"


def failing_to_send(health: Health) -> str:
    """The same of mail that leaves."""
    return f"{step_said(health.send_step)}: {health.send_words}"


def step_said(step: str) -> str:
    """That this step fails."""
    return _steps().get(step, step)


def _steps() -> dict[str, str]:
    """What each step is to whoever reads of its failing."""
    return {
        "secret": _("Its secret cannot be opened"),
        "resolve": _("The name of its server is not found"),
        "connect": _("Its server cannot be reached"),
        "tls": _("The encrypted connection fails"),
        "greeting": _("Its server turns us away"),
        "hello": _("Its server breaks off after its greeting"),
        "token": _("The token server gives no token"),
        "login": _("Signing in is refused"),
        "select": _("Its folder cannot be opened"),
        "search": _("Looking for mail fails"),
        "fetch": _("Fetching mail fails"),
        "mark": _("Marking mail as seen fails"),
        "move": _("Moving mail fails"),
        "create": _("Making the folder fails"),
        "append": _("Filing mail fails"),
        "idle": _("Waiting for mail was cut off"),
        "noop": _("Its server fell silent"),
        "disk": _("The desk cannot write to its disk"),
        "land": _("A mail cannot be put on a ticket"),
    }


def _repairs() -> dict[str, str]:
    return {
        "secret": _("Enter its password or token anew, or bring back the key that sealed it."),
        "resolve": _("Look at the server's name, and at this machine's DNS."),
        "connect": _("Look at name, port and firewall; test the connection."),
        "tls": _("Look at the server's certificate, and whether this port speaks TLS at once or by STARTTLS."),
        "token": _("Look at the address of tokens, client and secret; perhaps consent was withdrawn."),
        "login": _("Enter the right user and password. The desk tries again every five minutes, so as not to lock it."),
        "select": _("Look at the folder's name."),
        "disk": _("Free some space, and look at the rights of the data folder."),
        "land": _("Look at the office hours of the mailbox. What else it may be stands in the log."),
    }


def span(of: timedelta) -> str:
    """Such as `40 s`, `12 min`, `3 h`."""
    seconds = round(of.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    elif seconds < 7200:
        return f"{seconds // 60} min"
    else:
        return f"{seconds // 3600} h"


def compared(health: Health | None) -> str:
    """What the last comparison with the server found; empty when there was none."""
    if health is None or health.reconciled_at is None:
        return ""
    return found_in_words(health.reconciled)


def found_in_words(found: Mapping[str, Any]) -> str:
    """What a comparison found (mailbox/reconciling.py: Found), in the reader's language."""
    left = found.get("left")
    alone = _("{left} are left alone: they came before the day from which it takes mail.", left=left) if left else ""
    return f"{_stands(found)} {alone}".rstrip()


def _stands(found: Mapping[str, Any]) -> str:
    days, mails = found.get("days"), found.get("mails", 0)
    if found.get("lost"):
        return _(
            "Of {mails} mails of the last {days} days, {missing} were missing, and {lost} of them cannot be had.",
            mails=mails, days=days, missing=found["missing"], lost=found["lost"],
        )  # fmt: skip
    elif found.get("missing"):
        return _(
            "Of {mails} mails of the last {days} days, {missing} were missing and were fetched.",
            mails=mails, days=days, missing=found["missing"],
        )  # fmt: skip
    else:
        return _("All {mails} mails of the last {days} days stand in the record.", mails=mails, days=days)


def facts(found: BoxReport, when: Callable[[int], str]) -> Iterator[tuple[str, str]]:
    """What stands behind it: names and values in the reader's language; `when` writes an instant."""
    health = found.health
    if health is not None and health.asked_at is not None:
        yield _("Last answer of its server"), when(health.asked_at)
    if health is not None and health.newest_at is not None and health.stored_at is not None:
        yield (
            _("Newest mail"),
            _("came {came}, stored {stored}", came=when(health.newest_at), stored=when(health.stored_at)),
        )
    yield _("Lag"), span(found.lag) if found.lag else _("none")
    for folder, (uidvalidity, last) in found.cursors.items():
        yield _("Read up to"), f"{folder}: {last} ({uidvalidity})"
    backlog = [f"{found.backlog[state]} {name}" for state, name in _states().items() if found.backlog.get(state)]
    yield _("Backlog"), ", ".join(backlog) or _("none")
    yield _("Read by"), found.polled_by or _("nobody")
    if health is not None and health.step:
        yield _("Last error"), failing(health)
    if health is not None and health.send_step:
        yield _("Last error of sending"), failing_to_send(health)
    if health is not None and health.probe_sent_at is not None:
        trip = trip_s(health)
        yield (
            _("Probe mail"),
            (
                _("sent {sent}, not back yet", sent=when(health.probe_sent_at))
                if health.probe_came_at is None
                else _("took {trip} s the whole way, {came}", trip=trip, came=when(health.probe_came_at))
            ),
        )
    if health is not None and health.reconciled_at is not None:
        yield _("Compared with its server"), f"{compared(health)} {when(health.reconciled_at)}"


def _states() -> dict[str, str]:
    return {"stored": _("waiting"), "missing": _("not to be had"), "quarantined": _("unreadable, put aside")}


def as_row(found: BoxReport) -> dict[str, Any]:
    """For programs."""
    health = found.health
    return {
        "id": found.box.id,
        "address": found.box.address,
        "state": found.grade,
        "said": said(found),
        "todo": todo(found),
        "asked_at": _iso(health, "asked_at"),
        "silent_s": round(found.silent.total_seconds(), 1),
        "lag_s": round(found.lag.total_seconds(), 1),
        "behind": health.behind if health is not None else 0,
        "newest_at": _iso(health, "newest_at"),
        "stored_at": _iso(health, "stored_at"),
        "cursors": {folder: {"uidvalidity": of[0], "last_uid": of[1]} for folder, of in found.cursors.items()},
        "backlog": dict(found.backlog),
        "polled_by": found.polled_by,
        "step": health.step if health is not None else "",
        "words": health.words if health is not None else "",
        "send_step": health.send_step if health is not None else "",
        "send_words": health.send_words if health is not None else "",
        "probe_sent_at": _iso(health, "probe_sent_at"),
        "probe_came_at": _iso(health, "probe_came_at"),
        "trip_s": trip_s(health),
        "reconciled_at": _iso(health, "reconciled_at"),
        "reconciled": dict(health.reconciled) if health is not None else {},
    }


def trip_s(health: Health | None) -> float | None:
    """Of the last probe mail that came."""
    return None if health is None or health.trip_us is None else round(health.trip_us / 1e6, 3)


def _iso(health: Health | None, name: str) -> str | None:
    at = None if health is None else getattr(health, name)
    return None if at is None else instant(at).isoformat()
