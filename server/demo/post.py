"""The demo's mail: its server, the mailboxes that the desk has there, and the letters of its customers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid

import aiosmtplib

from desk.administration.mailboxes import seal
from mailbox.imap.connection import Connection, Mail
from mailbox.parsing.parsed import Parsed
from mailbox.worker import Unreadable, Worker
from server.demo import cast
from server.demo.mailhost import HOST, NAME, MailHost, NotInstalled
from server.parts import Parts
from store import mailboxes
from store.engine import Connection as Transaction
from store.engine import Record
from store.mailboxes import Mailbox
from store.times import micros

log = logging.getLogger(__name__)

DOMAIN = "larkfield.example"
GENERAL = f"support@{DOMAIN}"
DEDICATED = {each.id: f"{each.id}@{DOMAIN}" for each in cast.CUSTOMERS if each.sold}
"""The desk's addresses: the pool's, and by customer that of who bought the add-on."""
IMAP_BEHIND, SMTP_BEHIND = 143, 25
"""So much above the desk's own port, where that is free."""
SHOWN = 30


@dataclass(frozen=True)
class Letter:
    """One in a customer's INBOX. `parsed` is None when it could not be read."""

    uid: int
    at: datetime | None
    parsed: Parsed | None


@dataclass(frozen=True)
class Draft:
    """What a customer writes; `answers`: the letter it answers."""

    to: str
    subject: str
    text: str
    file: tuple[str, bytes] | None = None
    answers: Parsed | None = None


def of(parts: Parts) -> Post | None:
    """None where the desk's mail is to be read elsewhere."""
    return None if parts.settings.imap_url else Post(parts)


def people() -> dict[str, str]:
    """The passwords of everybody who has a mailbox, by address."""
    contacts = {each.email: password(each) for customer in cast.CUSTOMERS for each in customer.contacts}
    agents = {each.email: each.password for each in cast.AGENTS}
    desk = {address: f"demo-{address.partition('@')[0]}" for address in (GENERAL, *DEDICATED.values())}
    return contacts | agents | desk


def password(contact: cast.Contact) -> str:
    """As an agent's: `demo-` and their first name in small letters."""
    return f"demo-{contact.id}"


class Post:
    """Of one demo."""

    def __init__(self, parts: Parts) -> None:
        self.is_open = False
        self._host = MailHost(people(), parts.desk.clock.now)
        self._parts = parts
        self._worker = Worker()

    async def run(self) -> None:
        """Begins when the pages are there already, and is there until it is cancelled."""
        port = self._parts.settings.port
        try:
            await self._host.start(port + IMAP_BEHIND, port + SMTP_BEHIND)
        except NotInstalled:
            log.warning("demo.no_mail_server: pip install 'vipdesk[demo]' has what it needs")
            return
        try:
            await self._lay()
            self.is_open = True
            print(f"  for any mail program:                {self.where}", flush=True)
            await asyncio.Event().wait()
        finally:
            self.is_open = False
            await self._worker.close()
            await self._host.close()

    @property
    def where(self) -> str:
        """For a mail program."""
        first = cast.CUSTOMERS[0].contacts[0]
        return (
            f"IMAP {HOST}:{self._host.imap_port}, SMTP {HOST}:{self._host.smtp_port}, "
            f"as {first.email}, password {password(first)}"
        )

    async def emptied(self, meanwhile: Callable[[Callable[[Transaction], None]], Awaitable[None]]) -> None:
        """All mailboxes are empty afterwards, and nothing is read out of them meanwhile. `meanwhile` empties the
        record, and in the same transaction does what it is given: whoever reads a mailbox never misses its row.
        """
        was_open, self.is_open = self.is_open, False
        await self._host.close()
        await meanwhile(self._put)
        if was_open:
            await self._host.start(self._host.imap_port, self._host.smtp_port)
            await self._lay()
            self.is_open = True

    async def send(self, writer: cast.Contact, draft: Draft) -> None:
        """By SMTP, signed in as who writes. Raises aiosmtplib.SMTPException, OSError."""
        await aiosmtplib.send(
            composed(writer, draft, self._parts.desk.clock.now()), hostname=HOST, port=self._host.smtp_port,
            username=writer.email, password=self._host.password(writer.email), start_tls=False,
        )  # fmt: skip

    async def letters(self, reader: cast.Contact) -> list[Letter]:
        """What lies in the INBOX, the newest first. Raises MailError."""
        async with await Connection.open(self._host.endpoint(reader.email)) as connection:
            await connection.select("INBOX")
            mails = await connection.fetch((await connection.uids())[-SHOWN:])
        return [await self._read(mail) for mail in reversed(mails)]

    async def _read(self, mail: Mail) -> Letter:
        try:
            parsed = await self._worker.parse(mail.raw)
        except Unreadable:
            parsed = None
        return Letter(mail.uid, mail.internaldate, parsed)

    async def _lay(self) -> None:
        """The desk reads these mailboxes from now on, and sends by them."""
        await self._parts.record.write(self._put, name="demo_mailboxes")

    def _put(self, connection: Transaction) -> None:
        now = micros(self._parts.desk.clock.now())
        for box in (*(self._mailbox(*each) for each in DEDICATED.items()), self._mailbox(None, GENERAL)):
            if mailboxes.find(connection, box.id) is None:
                mailboxes.add(connection, box, now)
            else:
                mailboxes.change(connection, box)

    def _mailbox(self, customer: str | None, address: str) -> Mailbox:
        smtp = {
            "host": HOST, "port": self._host.smtp_port, "security": "plain", "user": address, "auth": "password",
        }  # fmt: skip
        endpoint = {
            "host": HOST, "port": self._host.imap_port, "security": "plain", "user": address, "auth": "password",
            "trusts": [NAME], "smtp": smtp, "plus": True, "copies": "plus",
        }  # fmt: skip
        secret = seal(self._parts.sealer, {"password": self._host.password(address)})
        return Mailbox(
            _id(customer), address, "Larkfield Support", customer, cast.CALENDAR_ID, endpoint, secret, True, None
        )


def composed(writer: cast.Contact, draft: Draft, at: datetime) -> EmailMessage:
    """As a mail program writes it."""
    mail = EmailMessage()
    mail["From"] = formataddr((writer.name, writer.email))
    mail["To"] = draft.to
    mail["Subject"] = " ".join(draft.subject.split())
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = make_msgid(domain=writer.email.partition("@")[2])
    if draft.answers is not None and draft.answers.message_id:
        mail["In-Reply-To"] = draft.answers.message_id
        mail["References"] = " ".join((*draft.answers.references, draft.answers.message_id))
    mail.set_content(draft.text)
    if draft.file is not None:
        name, content = draft.file
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail


async def switch_off(record: Record) -> None:
    """The mailboxes of a run that had a mail server: there is nothing to be read now."""

    def verb(connection: Transaction) -> None:
        for id in (_id(None), *map(_id, DEDICATED)):
            found = mailboxes.find(connection, id)
            if found is not None and found.active:
                mailboxes.change(connection, replace(found, active=False))

    await record.write(verb, name="demo_mailboxes")


def _id(customer: str | None) -> str:
    """Of the row; it names nobody, as it stands in metrics."""
    return "mailbox-general" if customer is None else f"mailbox-{[*DEDICATED].index(customer) + 1}"
