"""Mail that leaves: queued by verbs, told on the ticket for each recipient, withdrawn where it did not arrive.

What a mail's `details` hold: `in_reply_to` and `references` (Message-IDs, the newest last), `files` (ids), `quote`
(`name`, `at` in microseconds, `text`: what it answers), `signature`, `language` (of who reads it), `automatic` (nobody
wrote it: RFC 3834), `was` and `became` (the ticket's status before and after it: the first comes back with it).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from desk.frames import micros_written
from desk.statuses import set_status
from desk.work import Work
from routing.errors import NotFound
from routing.outgoing import LATE, UNDER_WAY, State, overall
from store import incoming, jobs, mailboxes, messages, outbox, outgoing
from store.engine import Connection
from store.jobs import Job
from store.outbox import To
from store.outgoing import Mail
from store.tickets import Found
from store.times import micros

KIND = "send_mail"
OF_A_TICKET = frozenset({"reply", "unread", "ack", "too_big"})
"""What is told on a ticket; alarms and codes are nobody's words."""


@dataclass(frozen=True)
class Outcome:
    """What became of one recipient. `reason`: the server's words, or ours."""

    state: State
    reason: str = ""


def queue(
    connection: Connection, now: datetime, *, kind: str, to: str, subject: str, body: str, language: str = "en",
    mailbox_id: str | None = None,
) -> str:  # fmt: skip
    """A mail of the desk itself about no ticket, in any transaction; its id. `mailbox_id`: by which it leaves, None:
    the pool's general one. Ring the doorbell after the commit."""
    details = {"automatic": True, "language": language}
    id = outbox.add(connection, now, kind=kind, to=(To(to),), subject=subject, body=body, details=details,
                    mailbox_id=mailbox_id)  # fmt: skip
    jobs.put(connection, KIND, now, _key(id), {"mail": id})
    return id


def post(
    work: Work,
    found: Found,
    *,
    kind: str,
    to: Sequence[To],
    subject: str,
    body: str,
    details: Mapping[str, Any],
    seqs: Sequence[int] = (),
    name: str = "",
    by_id: str | None = None,
    undo: timedelta = timedelta(),
) -> str:
    """A mail about a ticket, in the name of the mailbox that speaks for it; its id."""
    send_at = work.now + undo
    id = outbox.add(
        work.connection,
        work.now,
        kind=kind,
        to=to,
        subject=subject,
        body=body,
        ticket_id=found.ticket.id,
        seq=seqs[-1] if seqs else None,
        mailbox_id=mailboxes.speaks_for(work.connection, found.ticket.id, found.ticket.customer_id),
        by_id=by_id,
        name=name,
        details={**details, "seqs": list(seqs)},
        send_at=send_at,
    )
    work.job(KIND, _key(id), send_at, {"mail": id})
    if kind in OF_A_TICKET:
        work.job("mail_late", f"late:{id}", send_at + LATE, {"mail": id})
        mail = outgoing.find(work.connection, id)
        assert mail is not None
        _tell(work, found, mail, None)
    return id


def withdraw(work: Work, mail: Mail) -> bool:
    """Takes it back, unless it is on its way; the ticket's status is again as it was."""
    if not outbox.withdraw(work.connection, mail.id, micros(work.now)):
        return False
    work.cancel(_key(mail.id))
    work.cancel(f"late:{mail.id}")
    _, found = _locked(work, mail.id)
    if found is not None:
        _tell(work, found, _again(work, mail), mail.state)
        last = messages.last_of_contact(work.connection, found.ticket.id)
        nobody_wrote = last is None or mail.seq is None or last.seq < mail.seq
        if nobody_wrote and found.ticket.status == mail.details.get("became"):
            set_status(work, found, mail.details["was"], "taken back")
        _wait_again(work, found)
    return True


# What became of it ------------------------------------------------------------------------------------------------


def begin(work: Work, id: str, message_id: str, sha256: str) -> Mail | None:
    """Its bytes are these, and it is handed over from now on; None: it was taken back. Whoever died after this left it
    unknown whether it was taken.
    """
    mail, found = _locked(work, id)
    if mail is None or not mail.under_way:
        return None
    if mail.sha256 is None and not outgoing.freeze(work.connection, id, message_id, sha256):
        return None
    sending = {each.address: Outcome("sending") for each in mail.waiting}
    _write(work, mail, sending, attempts=mail.attempts + 1)
    begun = _again(work, mail)
    if mail.attempts == 0 and found is not None and mail.kind in OF_A_TICKET:
        _tell_agents(work, found, begun)
    return begun


def settle(work: Work, job: Job, id: str, outcomes: Mapping[str, Outcome], again_at: datetime | None) -> None:
    """What the server said to each recipient. `again_at`: when those are tried, or looked at, who are still under way;
    None: the job is over.
    """
    if again_at is None:
        work.has_run(job)
    else:
        work.put_off(job, again_at)
    _settle(work, id, outcomes)


def proven(work: Work, id: str) -> None:
    """A copy of it came back: the server took it, whatever was heard."""
    mail, _ = _locked(work, id)
    if mail is None:
        return
    taken = {each.address: Outcome("accepted") for each in mail.recipients if each.state in ("sending", "ambiguous")}
    _settle(work, id, taken)
    if taken and all(each.address in taken or each.state not in UNDER_WAY for each in mail.recipients):
        work.cancel(_key(id))


def bounced(work: Work, id: str, recipient: str | None, reason: str, *, delayed: bool) -> None:
    """A mail server says that it did not arrive, or not yet. `recipient` None: it does not say at whom."""
    mail, _ = _locked(work, id)
    if mail is None:
        return
    named = None if recipient is None else mail.recipient_of(recipient)
    all_of_them = [each for each in mail.recipients if each.role != "copy"]
    concerned = [named] if named is not None else all_of_them if recipient is None or len(all_of_them) == 1 else []
    outcomes = {each.address: Outcome(each.state if delayed else "bounced", reason) for each in concerned}
    _settle(work, id, {address: each for address, each in outcomes.items() if each.state != "withdrawn"})


def late(work: Work, id: str) -> None:
    """So long after it was to leave, no server has taken it: who answers for the ticket is told."""
    mail, found = _locked(work, id)
    if mail is None or not mail.under_way or found is None:
        return
    _alarm(work, found, mail, "late")


def _settle(work: Work, id: str, outcomes: Mapping[str, Outcome]) -> None:
    mail, found = _locked(work, id)
    if mail is None or not outcomes:
        return
    changed = _write(work, mail, outcomes)
    if not changed or found is None or mail.kind not in OF_A_TICKET:
        return
    settled = _again(work, mail)
    _tell(work, found, settled, mail.state)
    if not settled.under_way:
        work.cancel(f"late:{id}")
    if _bounces(settled) > _bounces(mail):
        _alarm(work, found, settled, "bounced")
    if settled.state == "bounced" and mail.state != "bounced":
        if mail.kind == "reply" and found.ticket.status in ("waiting", "solved"):
            set_status(work, found, "open", "the answer did not arrive")
        _wait_again(work, found)


def _bounces(mail: Mail) -> int:
    return sum(each.state == "bounced" for each in mail.recipients if each.role != "copy")


def _wait_again(work: Work, found: Found) -> None:
    """An answer was none: the clock is that of the earliest mail which no other one answers."""
    if found.ticket.status not in ("solved", "closed"):
        answered = messages.last_answer(work.connection, found.ticket.id)
        found.ticket.starts_at = incoming.starts(work.connection, found.ticket.id, answered)
        work.show(found)


def _write(work: Work, mail: Mail, outcomes: Mapping[str, Outcome], attempts: int | None = None) -> bool:
    """Whether anything is another than it was."""
    at = micros(work.now)
    states: dict[str, State] = {each.address: each.state for each in mail.recipients}
    before = {each.address: Outcome(each.state, each.reason) for each in mail.recipients}
    changed = {
        address: each
        for address, each in outcomes.items()
        if before.get(address, each) != each and not _known_better(states.get(address), each.state)
    }
    for address, each in changed.items():
        outgoing.move(work.connection, mail.id, address, each.state, each.reason, at)
        states[address] = each.state
    taken = mail.accepted_at or (at if "accepted" in states.values() else None)
    tries = mail.attempts if attempts is None else attempts
    to, copied = ([states[each.address] for each in mail.recipients if each.role == role] for role in ("to", "cc"))
    state = overall(to, copied) if to or copied else "withdrawn"
    outgoing.set_state(work.connection, mail.id, state, tries, taken, mail.alarmed_at)
    return bool(changed)


def _known_better(was: State | None, now: State) -> bool:
    """What was taken back while it was in hand stays so; and a proof that came while the server's last word was waited
    for is not undone by that word's never coming.
    """
    return was == "withdrawn" or (was in ("accepted", "bounced") and now in ("ambiguous", "deferred", "sending"))


def _again(work: Work, mail: Mail) -> Mail:
    found = outgoing.find(work.connection, mail.id)
    assert found is not None
    return found


def _locked(work: Work, id: str) -> tuple[Mail | None, Found | None]:
    """The mail and its ticket, the ticket first: so every verb locks them."""
    known = outgoing.find(work.connection, id)
    if known is None:
        return None, None
    try:
        found = None if known.ticket_id is None else work.ticket(known.ticket_id)
    except NotFound:
        found = None
    return outgoing.locked(work.connection, id), found


# What is told -----------------------------------------------------------------------------------------------------


def _tell(work: Work, found: Found, mail: Mail, was: State | None) -> None:
    """Everybody on the ticket hears of the mail when it changed, agents of each recipient."""
    if mail.state != was:
        data = {"mail": mail.id, "kind": mail.kind, "state": mail.state, "seqs": mail.details.get("seqs", [])}
        work.event(found, "mail", data, by=None)
    _tell_agents(work, found, mail)


def _tell_agents(work: Work, found: Found, mail: Mail, **more: Any) -> None:
    recipients = [
        {"address": each.address, "name": each.name, "role": each.role, "state": each.state, "reason": each.reason,
         "at": micros_written(each.at)}
        for each in mail.recipients if each.role != "copy"
    ]  # fmt: skip
    data = {
        "mail": mail.id,
        "kind": mail.kind,
        "state": mail.state,
        "seqs": mail.details.get("seqs", []),
        "recipients": recipients,
        "send_at": micros_written(mail.send_at),
        "accepted_at": micros_written(mail.accepted_at),
    }
    work.event(found, "mail", data | more, internal=True, by=None)


def _alarm(work: Work, found: Found, mail: Mail, why: str) -> None:
    """To the owner and who wrote it, once; the leads where there is no owner."""
    if mail.alarmed_at is not None and why == "late":
        return
    outgoing.set_state(
        work.connection, mail.id, mail.state, mail.attempts, mail.accepted_at, mail.alarmed_at or micros(work.now)
    )
    _tell_agents(work, found, mail, alarm=why)
    leads = [agent.id for agent in work.agents.values() if "lead" in agent.roles]
    concerned = {id for id in (found.ticket.owner_id, mail.by_id) if id in work.agents} or set(leads)
    fields = {"ticket": found.ticket.id, "subject": found.ticket.subject, "why": why, "mail": mail.id}
    work.tell(tuple(f"agent:{id}" for id in sorted(concerned)), "alarm", fields)
    work.show(found)


def _key(mail: str) -> str:
    return f"send:{mail}"
