"""A mail of which nobody knows whether it arrived, and no proof came: it goes once more, or somebody decides.

An agent's word that it arrived counts from the end of the try that left it open: the record itself proves that all of
the mail was handed over then, and the word only adds that it was not lost. Who said so stays with the mail and is
audited; a bounce that comes later still withdraws the answer.
"""

from __future__ import annotations

from typing import Any

from desk import mail_news, posting
from desk.actors import Signed
from desk.posting import Outcome
from desk.requests import MarkArrived, SendAgain
from desk.work import Work
from routing.errors import Conflict, NotFound
from routing.outgoing import MOST_DOUBTS, WRITTEN, asks_first, pause
from store import incoming, outgoing
from store.jobs import Job
from store.outgoing import Mail, Recipient
from store.tickets import Found
from store.times import micros


def goes_again(work: Work, job: Job, id: str, *, looks: bool) -> bool:
    """Whether whoever holds this job hands the mail over now, to those who wait for it. Else somebody is asked, and the
    job is over; it is only put off where there are others to be tried, or a place to look for proof (`looks`).
    """
    mail, found = posting.locked(work, id)
    if mail is not None and mail.unknown and found is not None and _asks(work, found, mail):
        posting.ask(work, found, mail, since=micros(work.now))
        mail = posting.again(work, mail)
        mail_news.alarm(work, found, mail, "in_doubt")
    elif mail is not None and mail.in_doubt and mail.waiting:
        return True
    if mail is None or mail.waiting or not mail.in_doubt:
        work.put_off(job, work.now)  # it is another than it was when it was claimed
    elif looks:
        work.put_off(job, work.now + pause(job.attempts + 1))
    else:
        work.has_run(job)
    return False


def send_again(work: Work, signed: Signed, request: SendAgain) -> dict[str, Any]:
    """See docs/protocol.md: the same bytes under the same Message-ID, once; or anew what never left."""
    mail = _found(work, request, "send_again")
    if mail.never_left:
        again, decided = tuple(each for each in mail.recipients if each.state == "bounced"), "tried"
    else:
        again, decided = _asked_about(mail), "again"
    outgoing.anew(work.connection, mail.id, micros(work.now))
    posting.move(work, mail.id, {each.address: Outcome("queued") for each in again}, decided=decided)
    posting.leave(work, mail.id, mail.kind, work.now)
    return _decided(work, mail, "mail_sent_again")


def mark_arrived(work: Work, signed: Signed, request: MarkArrived) -> dict[str, Any]:
    """See docs/protocol.md: an agent knows that it arrived."""
    mail = _found(work, request, "mark_arrived")
    outcomes = {each.address: posting.taken_then(each) for each in _asked_about(mail)}
    outgoing.vouch(work.connection, mail.id, signed.actor.id)
    posting.move(work, mail.id, outcomes, decided="arrived")
    return _decided(work, mail, "mail_marked_arrived")


def _asks(work: Work, found: Found, mail: Mail) -> bool:
    """Also when it went once more already, and that left it open again."""
    tried_enough = all(each.doubts >= MOST_DOUBTS for each in mail.unknown)
    ticket = found.ticket
    urgent = ticket.severity is None and incoming.speaks_of_urgency(work.connection, ticket.id)
    first = asks_first(mail.kind, ticket.severity, ticket.asked_severity, urgent=urgent)
    return first or (tried_enough and mail.kind in WRITTEN)


def _asked_about(mail: Mail) -> tuple[Recipient, ...]:
    if mail.asked_at is None:
        raise Conflict("What becomes of this mail is decided already.", field="mail")
    return mail.in_doubt


def _found(work: Work, request: SendAgain | MarkArrived, verb: str) -> Mail:
    found = work.allowed(request.ticket, verb)
    mail = outgoing.locked(work.connection, request.mail)
    if mail is None or mail.ticket_id != found.ticket.id:
        raise NotFound("There is no such mail on this ticket.", field="mail")
    return mail


def _decided(work: Work, mail: Mail, action: str) -> dict[str, Any]:
    assert mail.ticket_id is not None
    work.audit(action, mail.ticket_id, {"mail": mail.id})
    return {"ticket": mail.ticket_id, "mail": mail.id, "state": posting.again(work, mail).state}
