"""A process that is killed at any stage of sending loses no mail and doubles none: whoever follows finds out."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from desk.sealing import Sealer
from store.engine import Record
from tests.mailbox.dying_sender import Senders
from tests.mailbox.outbound import Office
from tests.support.eventually import eventually
from tests.support.smtp_server import SmtpServer

VERBS = ("claim_mail", "begin_mail", "settle_mail")
AT_THE_DOOR = tuple((stage, "kill") for stage in ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "dot"))
STAGES = (*AT_THE_DOOR, ("dot", "killed"), *itertools.product(VERBS, ("before_tx", "before_commit", "after_commit")))
KEY = Sealer.new_key()


@pytest.fixture
def office(record: Record, tmp_path: Path) -> Office:
    return Office(record, tmp_path / "files", Sealer([KEY]))


@pytest.fixture
async def senders(url: str, office: Office) -> AsyncIterator[Senders]:
    async with Senders(url, office.files, KEY) as nest:
        yield nest


async def killed(office: Office, senders: Senders, server: SmtpServer, where: str, how: str) -> None:
    """One life of a sender, which ends there."""
    by_server = how.startswith("kill")
    server.faults = {where: how} if by_server else {}
    server.victim = await senders.begin(office.clock.offset, *(() if by_server else (where, how)))
    os.kill(server.victim, signal.SIGCONT)
    assert await senders.end() == -signal.SIGKILL, (where, how)
    server.faults = {}


@pytest.mark.parametrize("copies", ["plus", "none"])
async def test_a_sender_killed_at_any_stage_loses_nothing_and_doubles_nothing_that_can_be_known(
    office: Office, senders: Senders, copies: str
) -> None:
    doubled = []
    async with SmtpServer() as server:
        box = await office.has("support", server.port, copies=copies)
        ticket = await office.ticket(box)
        for where, how in STAGES:
            id = await office.answers(ticket, body=f"{where} {how}")
            server.taken.clear()
            await killed(office, senders, server, where, how)
            office.passes(seconds=61)
            async with office.process():
                await eventually(lambda id=id: looked_at(office, id))  # type: ignore[misc]
                for each in list(server.taken):
                    if len(each.recipients) > 1:
                        await office.comes(box, each.raw)
                office.passes(minutes=11)
                await eventually(lambda id=id: office.is_now(id, "accepted"))  # type: ignore[misc]
            copies_of = {each.raw for each in server.taken}
            assert len(copies_of) == 1, (where, how)  # nothing lost, and always the same bytes
            if len(server.taken) > 1:
                doubled.append((where, how))
            assert len(server.taken) <= 2
    unknowable = [("dot", "kill"), ("settle_mail", "before_tx"), ("settle_mail", "before_commit")]
    assert doubled == ([] if copies == "plus" else unknowable)


async def looked_at(office: Office, id: str) -> bool:
    """By whoever came after."""
    return (await office.mail(id)).state in ("accepted", "ambiguous")
