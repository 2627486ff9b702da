"""Notices a mailbox whose server is silent, or whose probe mail does not come back: admins are told once, and again
when it is over. Any number of processes may look."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial

from desk import posting
from desk.clock import Clock
from desk.desk import Desk
from desk.work import Work
from store import mailbox_health, mailboxes
from store.mailbox_health import Alarm, Health
from store.mailboxes import Mailbox
from store.times import micros

log = logging.getLogger(__name__)

SILENT = timedelta(minutes=2)
PROBE_LATE = timedelta(minutes=10)
"""What a slow relay may take; later, mail does not travel as it should."""


class MailWatch:
    """Of one process: silence counts from when it began to look, so that a desk that was switched off raises none."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._began = micros(desk.clock.real())

    async def look(self) -> None:
        """Once. Raises Unavailable."""
        found = await self._desk.record.read(mailbox_health.every)
        boxes = await self._desk.record.read(mailboxes.every)
        for box in (each for each in boxes if each.active):
            if box.id not in found:
                watch = partial(mailbox_health.watch, id=box.id, now=micros(self._desk.clock.real()))
                await self._desk.record.write(watch, name="mailbox_health")
            elif (told := found[box.id].alarm) != (to := self._trouble(found[box.id])):
                await self._tell(box, found[box.id], told, to)

    def _trouble(self, health: Health) -> Alarm:
        return trouble(health, self._desk.clock, since=self._began)

    async def _tell(self, box: Mailbox, health: Health, was: Alarm, to: Alarm) -> None:
        now = micros(self._desk.clock.real())

        def verb(work: Work) -> None:
            if mailbox_health.change_alarm(work.connection, box.id, was, to, now):
                _told(work, box, health, was, to)

        await self._desk.run("mail_alarm", verb, decides=False)
        log.log(logging.ERROR if to else logging.WARNING, "mailbox.alarm mailbox=%s state=%s", box.id, to or "over")


def silent_for(health: Health, real: int, since: int = 0) -> timedelta:
    """How long its server has not answered; `since`: at the earliest from then on."""
    return timedelta(microseconds=max(0, real - max(health.asked_at or 0, health.begun_at, since)))


def trouble(health: Health, clock: Clock, since: int = 0) -> Alarm:
    """What admins have to know of now; silence goes before a late probe."""
    real = micros(clock.real())
    if silent_for(health, real, since) > SILENT:
        return "silent"
    sent = health.probe_sent_at
    late = sent is not None and health.probe_came_at is None and real - sent > PROBE_LATE // timedelta(microseconds=1)
    if late or (health.alarm == "probe" and health.probe_came_at is None):
        return "probe"
    return ""


def _told(work: Work, box: Mailbox, health: Health, was: Alarm, to: Alarm) -> None:
    """To every admin: their console at once, and a mail, which leaves as soon as any mailbox lets it."""
    admins = [agent for agent in work.agents.values() if "admin" in agent.roles]
    topics = tuple(f"agent:{admin.id}" for admin in admins)
    if topics:
        work.tell(topics, "alarm", {"mailbox": box.address, "state": to or "over"})
    subject, body = _words(box, health, was, to)
    for admin in admins:
        posting.queue(work.connection, work.now, kind="page", to=admin.email, subject=subject, body=body)
        work.bell = True
    work.audit("mailbox_alarm", box.id, {"state": to or "over", "was": was, "step": health.step})


def _words(box: Mailbox, health: Health, was: Alarm, to: Alarm) -> tuple[str, str]:
    if to == "silent":
        failing = f" The step {health.step} fails: {health.words}" if health.step else ""
        return (
            f"The mailbox {box.address} is silent",
            f"Its server has not answered for two minutes.{failing} Mail waits there and is fetched when it is back.",
        )
    elif to == "probe":
        failing = f" Sending fails at the step {health.send_step}: {health.send_words}" if health.send_step else ""
        return (
            f"Mail to {box.address} does not come through",
            f"The desk sent a mail to its own address, and it has not come back within ten minutes.{failing} "
            "Look at the mail server: answers or new mail may be stuck.",
        )
    elif was == "probe":
        return f"Mail to {box.address} comes through again", "A probe mail has travelled the whole way."
    else:
        return f"The mailbox {box.address} is read again", "Its server answers. What came meanwhile is being fetched."
