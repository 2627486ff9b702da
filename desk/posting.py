"""Mail that leaves: queued by verbs, told on the ticket for each recipient, withdrawn where it did not arrive.

What a mail's `details` hold: `in_reply_to` and `references` (Message-IDs, the newest last), `files` (ids), `quote`
(`name`, `at` in microseconds, `text`: what it answers), `signature`, `language` (of who reads it), `automatic` (nobody
wrote it: RFC 3834), `was` and `became` (the ticket's status before and after it: the first comes back with it).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from desk import mail_news
from desk.statuses import set_status
from desk.work import Work
from routing.errors import NotFound
from routing.outgoing import LATE, UNDER_WAY, State, overall
from store import incoming, jobs, mailboxes, messages, outbox, outgoing
from store.engine import Connection
from store.jobs import Job
from store.outbox import To
from store.outgoing import Mail, Recipient
from store.tickets import Found
from store.times import micros

KIND = "send_mail"
OF_A_TICKET = frozenset({"reply", "unread", "ack", "too_big"})
"""What is told on a ticket; alarms and codes are nobody's words."""


@dataclass(frozen=True)
class Outcome:
    """What became of one recipient. `reason`: the server's words, or ours. `at`: since when, in microseconds, where
    that was before it became known.
    """

    state: State
    reason: str = ""
    at: int | None = None


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
    leave(work, id, kind, send_at)
    if kind in OF_A_TICKET:
        mail = outgoing.find(work.connection, id)
        assert mail is not None
        mail_news.tell(work, found, mail, None)
    return id


def leave(work: Work, id: str, kind: str, at: datetime) -> None:
    """It is handed over then; where that fails for long, somebody hears of it."""
    work.job(KIND, _key(id), at, {"mail": id})
    if kind in OF_A_TICKET:
        work.job("mail_late", f"late:{id}", at + LATE, {"mail": id})


def withdraw(work: Work, mail: Mail) -> bool:
    """Takes it back, unless it is on its way or has left; the ticket's status is again as it was."""
    if not outbox.withdraw(work.connection, mail.id, micros(work.now)):
        return False
    work.cancel(_key(mail.id))
    work.cancel(f"late:{mail.id}")
    _, found = locked(work, mail.id)
    if found is not None:
        mail_news.tell(work, found, again(work, mail), mail.state)
        mail_news.settled(work, found, mail)
        last = messages.last_of_contact(work.connection, found.ticket.id)
        nobody_wrote = last is None or mail.seq is None or last.seq < mail.seq
        if nobody_wrote and found.ticket.status == mail.details.get("became"):
            set_status(work, found, mail.details["was"], "taken back")
        _wait_again(work, found)
    return True


# What became of it ------------------------------------------------------------------------------------------------


def begin(work: Work, id: str, message_id: str, sha256: str, to: Collection[str]) -> Mail | None:
    """Its bytes are these, and it is handed over to these from now on; None: it was taken back. Whoever died after this
    left it unknown whether it was taken.
    """
    mail, found = locked(work, id)
    if mail is None or not mail.under_way:
        return None
    if mail.sha256 is None and not outgoing.freeze(work.connection, id, message_id, sha256):
        return None
    sending = {each.address: Outcome("sending") for each in mail.waiting if each.address in to}
    _write(work, mail, sending, attempts=mail.attempts + 1)
    begun = again(work, mail)
    if mail.attempts == 0 and found is not None and mail.kind in OF_A_TICKET:
        mail_news.tell_agents(work, found, begun)
    return begun


def settle(work: Work, job: Job, id: str, outcomes: Mapping[str, Outcome], again_at: datetime | None) -> None:
    """What the server said to each recipient. `again_at`: when those are tried, or looked at, who are still under way;
    None: the job is over.
    """
    if again_at is None:
        work.has_run(job)
    else:
        work.put_off(job, again_at)
    move(work, id, outcomes)


def proven(work: Work, id: str) -> None:
    """A copy of it came back: the server took it, whatever was heard, in the try whose end left that open."""
    mail, _ = locked(work, id)
    if mail is None:
        return
    taken = {each.address: taken_then(each) for each in mail.recipients if each.state == "sending" or _may_have(each)}
    move(work, id, taken)
    if taken and all(each.address in taken or each.state not in UNDER_WAY for each in mail.recipients):
        work.cancel(_key(id))


def taken_then(recipient: Recipient) -> Outcome:
    """A server had it when the try ended that left it open; earlier than the last of such tries nobody can prove."""
    return Outcome("accepted", at=recipient.at if recipient.state == "ambiguous" else None)


def _may_have(recipient: Recipient) -> bool:
    """Also who is to be tried once more, when that has not begun."""
    return recipient.state == "ambiguous" or (recipient.doubts > 0 and recipient.state in ("queued", "deferred"))


def bounced(work: Work, id: str, recipient: str | None, reason: str, *, delayed: bool) -> None:
    """A mail server says that it did not arrive, or not yet. `recipient` None: it does not say at whom."""
    mail, _ = locked(work, id)
    if mail is None:
        return
    named = None if recipient is None else mail.recipient_of(recipient)
    all_of_them = [each for each in mail.recipients if each.role != "copy"]
    concerned = [named] if named is not None else all_of_them if recipient is None or len(all_of_them) == 1 else []
    outcomes = {
        each.address: replace(_delayed(each), reason=reason) if delayed else Outcome("bounced", reason)
        for each in concerned
    }
    move(work, id, {address: each for address, each in outcomes.items() if each.state != "withdrawn"})


def _delayed(recipient: Recipient) -> Outcome:
    """Who goes on trying to deliver it has it."""
    return taken_then(recipient) if recipient.state == "ambiguous" else Outcome(recipient.state)


def late(work: Work, id: str) -> None:
    """So long after it was to leave, no server has taken it: who answers for the ticket is told. One that a server may
    have is looked at again later, unless somebody is asked about it.
    """
    mail, found = locked(work, id)
    if mail is None or found is None:
        return
    if _has_not_left(mail):
        mail_news.alarm(work, found, mail, "late")
    elif mail.unknown:
        work.job("mail_late", f"late:{id}", LATE, {"mail": id})


def move(work: Work, id: str, outcomes: Mapping[str, Outcome], **more: Any) -> None:
    """Each of these recipients is now as said, and so is the mail. `more`: what agents are told besides."""
    mail, found = locked(work, id)
    if mail is None or not outcomes:
        return
    changed = _write(work, mail, outcomes)
    if changed and mail.asked_at is not None and not again(work, mail).in_doubt:
        ask(work, found, mail, since=None)
    if not changed or found is None or mail.kind not in OF_A_TICKET:
        return
    settled = again(work, mail)
    mail_news.tell(work, found, settled, mail.state, **more)
    if not settled.under_way:
        work.cancel(f"late:{id}")
    if _has_not_left(mail) and not _has_not_left(settled):
        mail_news.settled(work, found, mail)
    if _bounces(settled) > _bounces(mail):
        mail_news.alarm(work, found, settled, "bounced")
    if settled.state == "bounced" and mail.state != "bounced":
        if mail.kind == "reply" and found.ticket.status in ("waiting", "solved"):
            set_status(work, found, "open", "the answer did not arrive")
        _wait_again(work, found)
    elif mail.state == "bounced" and settled.state != "bounced":
        _wait_again(work, found)


def ask(work: Work, found: Found | None, mail: Mail, since: int | None) -> None:
    """Somebody is asked whether it goes again; None: nobody is any more. The ticket says about how many mails."""
    outgoing.ask(work.connection, mail.id, since)
    if since is None:
        work.cancel(_asked(mail.id))
    else:
        work.job("mail_asked", _asked(mail.id), payload={"mail": mail.id})
    if found is not None:
        found.ticket.in_doubt = outgoing.asked_about(work.connection, found.ticket.id)
        work.show(found)


def _has_not_left(mail: Mail) -> bool:
    """There is somebody for whom no server took it, and none may have."""
    waits = UNDER_WAY - {"ambiguous"}
    return any(each.state in waits for each in mail.recipients if each.role != "copy")


def _bounces(mail: Mail) -> int:
    return sum(each.state == "bounced" for each in mail.recipients if each.role != "copy")


def _wait_again(work: Work, found: Found) -> None:
    """An answer was none, or is one again: the clock is that of the earliest mail which no other one answers."""
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
        if before.get(address, each) != replace(each, at=None) and not _known_better(states.get(address), each.state)
    }
    for address, each in changed.items():
        outgoing.move(work.connection, mail.id, address, each.state, each.reason, each.at or at)
        states[address] = each.state
    since = min((each.at or at for each in changed.values() if each.state == "accepted"), default=None)
    taken = mail.accepted_at or since
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


def again(work: Work, mail: Mail) -> Mail:
    """As it stands now."""
    found = outgoing.find(work.connection, mail.id)
    assert found is not None
    return found


def locked(work: Work, id: str) -> tuple[Mail | None, Found | None]:
    """The mail and its ticket, the ticket first: so every verb locks them."""
    known = outgoing.find(work.connection, id)
    if known is None:
        return None, None
    try:
        found = None if known.ticket_id is None else work.ticket(known.ticket_id)
    except NotFound:
        found = None
    return outgoing.locked(work.connection, id), found


def _key(mail: str) -> str:
    return f"send:{mail}"


def _asked(mail: str) -> str:
    return f"asked:{mail}"
