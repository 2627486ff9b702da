"""A mail of which only the head was taken: whoever sent it is told, so that they do not wait for an answer to what
nobody here can read."""

from __future__ import annotations

from datetime import timedelta

from desk import posting
from desk.letters import SPOKEN, Letter
from desk.replying import answer_to
from desk.texts import say, spoken
from desk.work import Work
from routing.mail import acknowledges
from store import outbox
from store.contacts import Person
from store.outbox import To
from store.tickets import Found
from store.times import micros

KIND = "too_big"
HOUR = timedelta(hours=1)
MOST_MB = 50
"""Of a mail, as whoever sends it reads: HEADERS_ABOVE of mailbox/imap/batches.py."""


def tell(work: Work, found: Found, person: Person, letter: Letter, known: bool) -> None:
    """Once for each such mail, few in an hour; only people whose address is theirs (`known`, or proven)."""
    customer = work.customer(found.ticket.customer_id)
    if not letter.too_large_bytes or letter.kind not in SPOKEN or not person.email or customer is None:
        return
    before = outbox.sent_to(work.connection, person.email, KIND, micros(work.now - HOUR))
    if not acknowledges(letter.proven or known, before):
        return
    language = spoken(customer.language)
    answers, references = outbox.thread(work.connection, found.ticket.id)
    words = say(
        language,
        "Your mail “{subject}” has arrived, but it is larger than the {most} MB that we can take ({size} MB): we see"
        " who wrote and the subject, not the text and not the files. It is ticket VD-{number}. Please send the text"
        " again without the large files, or with smaller ones.",
        subject=letter.subject, most=MOST_MB, size=round(letter.too_large_bytes / 1e6), number=found.ticket.number,
    )  # fmt: skip
    posting.post(
        work, found, kind=KIND, to=[To(person.email, person.name)], subject=answer_to(found.ticket.subject), body=words,
        details={
            "in_reply_to": answers, "references": list(references), "language": language, "automatic": True,
        },
    )  # fmt: skip
