"""A mail of the desk to its own address, every quarter of an hour: it travels the whole way, by SMTP and IMAP, and says
how long that takes. It is known by a signed token in its subject, and never becomes a ticket."""

from __future__ import annotations

import re
from datetime import timedelta

from desk import posting, retiring
from desk.sealing import Sealer
from desk.work import Work
from store import incoming, mailbox_health, outgoing
from store.ids import new_id
from store.incoming import Stored
from store.mailbox_health import Health
from store.mailboxes import Mailbox

_TOKEN = re.compile(r"\bp\.([A-Za-z0-9_-]{1,64})\.([a-z2-7]{16})\b")
BODY = "The desk sends this to itself every few minutes, to see that mail comes through. Nobody needs to read it.\n"


class Probing:
    """Of one mailbox."""

    def __init__(self, box: Mailbox, sealer: Sealer, every: timedelta) -> None:
        """`every` zero: none is sent."""
        self._box = box
        self._sealer = sealer
        self._every = every

    def is_due(self, health: Health | None, real: int) -> bool:
        """Whether one is to leave now; `real` in microseconds."""
        if not self._every or not self._box.endpoint.get("smtp"):
            return False
        sent = None if health is None else health.probe_sent_at
        return sent is None or real - sent >= self._every // timedelta(microseconds=1)

    def send(self, work: Work, real: int) -> None:
        """One more; those before it are not kept."""
        id = new_id()
        posting.queue(
            work.connection, work.now, kind="probe", to=self._box.address, subject=self._subject(id), body=BODY,
            mailbox_id=self._box.id,
        )  # fmt: skip
        work.bell = True
        mailbox_health.probe_sent(work.connection, self._box.id, id, real)
        old = outgoing.forget_probes(work.connection, self._box.id)
        if old:
            work.job(retiring.KIND, f"{retiring.KIND}:{id}", payload=retiring.payload(old))

    def named(self, sender: str, subject: str) -> str | None:
        """The probe that a mail is; None: it is another mail, whatever it claims."""
        found = _TOKEN.search(subject) if sender == self._box.address else None
        if found is None or not self._sealer.fits(f"probe {self._box.id} {found[1]}", found[2]):
            return None
        return found[1]

    def came(self, work: Work, mail: Stored, probe: str, real: int) -> None:
        """In the transaction that lands it. Its bytes are not kept."""
        mailbox_health.probe_came(work.connection, self._box.id, probe, real)
        if mail.sha256 is not None:
            incoming.is_probe(work.connection, mail.id)
            named = retiring.payload((mail.sha256,))
            work.job(retiring.KIND, f"{retiring.KIND}:{mail.id}", payload=named)

    def _subject(self, id: str) -> str:
        return f"Vipdesk probe p.{id}.{self._sealer.short(f'probe {self._box.id} {id}')}"
