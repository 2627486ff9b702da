"""A real mail server by three settings: by them the pool's general mailbox is made at the start, or changed."""

from __future__ import annotations

from dataclasses import replace

from desk.administration import Administration, Wrong
from desk.administration.mailboxes import MailboxDraft, drafted
from server.mail_urls import Server, servers
from server.opening import StartError
from server.parts import Parts
from store import calendars, mailboxes, meta
from store.engine import Connection
from store.mailboxes import Mailbox

KEY = "mailbox_by_settings"
VARIABLE = {"address": "VIPDESK_MAIL_ADDRESS", "smtp": "VIPDESK_SMTP_URL"}


async def lay(parts: Parts) -> None:
    """The mailbox that the settings describe is there afterwards. Raises StartError."""
    settings = parts.settings
    found = servers(settings.mail_address, settings.imap_url, settings.smtp_url)
    if found is None:
        return
    address, (read, sends) = settings.mail_address, found
    admin = Administration(parts.desk, parts.sealer, parts.identity)
    kept, hours = await parts.record.read(lambda connection: _kept(connection, address))
    draft = _draft(MailboxDraft(address, hours) if kept is None else drafted(kept), address, read, sends)
    try:
        if kept is None:
            id = await admin.mailboxes.add(None, draft)
        else:
            id = kept.id
            await admin.mailboxes.change(None, id, draft)
    except Wrong as error:
        raise StartError(_told(error)) from error
    await parts.record.write(lambda connection: meta.put(connection, KEY, id), name="mailbox_by_settings")


def _kept(connection: Connection, address: str) -> tuple[Mailbox | None, str]:
    """The one of this address, else the one that settings made before; and the office hours of a new one."""
    known = mailboxes.by_address(connection, address) or mailboxes.find(connection, meta.get(connection, KEY) or "")
    hours = calendars.every(connection)
    return known, hours[0].id if hours else ""


def _draft(known: MailboxDraft, address: str, read: Server, sends: Server | None) -> MailboxDraft:
    """What the settings say; the rest as it is."""
    draft = replace(
        known, address=address, customer="", active=True, host=read.host, port=read.port, security=read.security,
        user=read.user, password=read.password, auth="password", folder=read.folder or "INBOX",
    )  # fmt: skip
    if sends is None:
        return replace(draft, smtp_host="")
    return replace(
        draft, smtp_host=sends.host, smtp_port=sends.port, smtp_security=sends.security, smtp_user=sends.user,
        smtp_auth="password" if sends.user else "none", smtp_password=sends.password,
    )  # fmt: skip


def _told(error: Wrong) -> str:
    """Each sentence with its variable."""
    return " ".join(
        f"{VARIABLE.get(field.partition('_')[0], 'VIPDESK_IMAP_URL')}: {said}" for field, said in error.fields.items()
    )
