"""A mail of which nobody knows whether it arrived, and no proof came: it goes once more, or somebody decides.

An agent's word that it arrived counts from the end of the try that left it open: the record itself proves that all of
the mail was handed over then, and the word only adds that it was not lost. Who said so stays with the mail and is
audited; a bounce that comes later still withdraws the answer.
"""

from __future__ import annotations

from typing import Any

from desk import mail_news, paging, posting
from desk.actors import Signed
from desk.posting import Outcome
from desk.requests import MarkArrived, SendAgain
from desk.work import Work
from routing.errors import Conflict, NotFound
from routing.outgoing import LATE, MOST_DOUBTS, WRITTEN, asks_first, pause
from store import candidates, incoming, outgoing
from store.jobs import Job
from store.outgoing import Mail, Recipient
from store.people import Agent
from store.tickets import Found
from store.times import instant, micros


def goes_again(work: Work, job: Job, id: str, *, looks: bool) -> bool:
    """Whether whoever holds this job hands the mail over now, to those who wait for it. Else somebody is asked, and the
    job is over; it is only put off where there are others to be tried, or a place to look for proof (`looks`).
    """
    mail, found = posting.locked(work, id)
    if mail is not None and mail.unknown and found is not None and _asks(work, found, mail):
        posting.ask(work, found, mail, since=micros(work.now))
        mail = posting.again(work, mail)
        mail_news.alarm(work, found, mail, "in_doubt")
        concerned = dict.fromkeys((found.ticket.owner_id, mail.by_id))
        _write_to(work, found, mail, [work.agents[id] for id in concerned if id in work.agents])
    elif mail is not None and mail.in_doubt and mail.waiting:
        return True
    if mail is None or mail.waiting or not mail.in_doubt:
        work.put_off(job, work.now)  # it is another than it was when it was claimed
    elif looks:
        work.put_off(job, work.now + pause(job.attempts + 1))
    else:
        work.has_run(job)
    return False


def nobody_said(work: Work, job: Job) -> None:
    """At once where the owner is not there, else after a while, leads are asked, of what is severe the pool too."""
    mail, found = posting.locked(work, job.payload["mail"])
    if mail is None or mail.asked_at is None or found is None:
        return
    widens = instant(mail.asked_at) + LATE
    if work.now < widens and _is_here(work, found.ticket.owner_id):
        work.job(job.kind, job.key, widens, job.payload)
        return
    severe = _is_severe(work, found, mail)
    asked = {found.ticket.owner_id, mail.by_id}
    others = [
        agent for agent in work.agents.values()
        if agent.id not in asked and ("lead" in agent.roles or (severe and "pool" in agent.teams))
    ]  # fmt: skip
    found.ticket.pooled = 1 if severe else found.ticket.pooled
    fields = {"ticket": found.ticket.id, "subject": found.ticket.subject, "why": "in_doubt", "mail": mail.id}
    work.tell(tuple(f"agent:{agent.id}" for agent in others), "alarm", fields)
    _write_to(work, found, mail, others)
    work.show(found)


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
    return _is_severe(work, found, mail) or (tried_enough and mail.kind in WRITTEN)


def _is_severe(work: Work, found: Found, mail: Mail) -> bool:
    ticket = found.ticket
    urgent = ticket.severity is None and incoming.speaks_of_urgency(work.connection, ticket.id)
    return asks_first(mail.kind, ticket.severity, ticket.asked_severity, urgent=urgent)


def _is_here(work: Work, id: str | None) -> bool:
    agent = candidates.candidates(work.connection, work.now, work.present).get(id or "")
    absent = agent is not None and any(each.since <= work.now < each.until for each in agent.absences)
    return agent is not None and agent.status == "available" and not absent


def _write_to(work: Work, found: Found, mail: Mail, agents: list[Agent]) -> None:
    """By mail too: perhaps no console of theirs is open, and the question is still there when one is."""
    names = ", ".join(each.name or each.address for each in mail.in_doubt)
    for agent in agents:
        paging.mail_agent(
            work,
            found,
            agent,
            kind="alarm:in_doubt",
            subject=f"Did the answer arrive? VD-{found.ticket.number}",
            body=f"Nobody knows whether an answer to {names} ({found.customer_name}) arrived. It is not sent again "
            "until somebody says so: the ticket asks “Send again” or “It arrived”.",
        )


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
