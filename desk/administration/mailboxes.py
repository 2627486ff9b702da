"""Mailboxes: whose address, where it is read, by whom it leaves, how one gets in. How that is done: mailbox/."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from desk.actors import Signed
from desk.administration.changing import Change, Changing
from desk.administration.checking import Check
from desk.sealing import Sealer
from routing.errors import NotFound
from store import calendars, customers, mailbox_health, mailboxes
from store.ids import new_id
from store.mailboxes import Mailbox
from store.times import instant, micros

SECURITIES = ("tls", "starttls", "plain")
AUTHENTICATIONS = ("password", "xoauth2", "oauthbearer")
GRANTS = ("refresh_token", "client_credentials")
SMTP_AUTHENTICATIONS = ("password", "same", "none")
"""`password`: one of its own, else the mailbox's; `same`: the mailbox's token."""
COPIES = ("plus", "sent", "none")
"""How it is proven that a server took a mail whose answer got lost: by a copy to a plus address of the mailbox's own,
by the folder of sent mail, not at all."""
NEAR = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class MailboxDraft:
    """As entered. `customer`: id, empty for the pool's general address. `trusts`: hosts of our own whose word on a
    sender is believed, separated by commas. `since`: a day; older mail is left alone, empty: all is taken. `smtp_host`
    empty: nothing leaves by it. `plus`: its server takes mail to name+anything. `sent`: where it files what
    was sent; empty: Sent. Secrets are empty where the ones that
    are kept stay.
    """

    address: str
    calendar: str
    host: str = ""
    user: str = ""
    name: str = ""
    customer: str = ""
    port: int | str = 993
    security: str = "tls"
    auth: str = "password"
    password: str = ""
    grant: str = "refresh_token"
    token_url: str = ""
    client_id: str = ""
    scope: str = ""
    client_secret: str = ""
    refresh_token: str = ""
    folder: str = "INBOX"
    done: str = ""
    ca_file: str = ""
    trusts: str = ""
    since: str = ""
    smtp_host: str = ""
    smtp_port: int | str = 587
    smtp_security: str = "starttls"
    smtp_auth: str = "password"
    smtp_user: str = ""
    smtp_password: str = ""
    plus: bool = False
    copies: str = "none"
    sent: str = ""
    active: bool = True


def seal(sealer: Sealer, secret: Mapping[str, str]) -> bytes:
    """As it stands in the row."""
    return sealer.seal(json.dumps(dict(secret)).encode())


class Mailboxes:
    """Changes them."""

    def __init__(self, changing: Changing, sealer: Sealer) -> None:
        self._changing = changing
        self._sealer = sealer

    async def add(self, signed: Signed | None, draft: MailboxDraft) -> str:
        """A new one, which is read within seconds; its id."""

        def verb(change: Change) -> str:
            check = Check()
            new = self._checked(change, check, draft, None)
            check.done()
            mailboxes.add(change.connection, new, change.at)
            change.audit("mailbox_added", new.id, _told(new))
            return new.id

        return await self._changing.change(signed, "add_mailbox", verb)

    async def change(self, signed: Signed | None, id: str, draft: MailboxDraft) -> None:
        """Writes it; who reads it begins anew with it."""

        def verb(change: Change) -> None:
            check = Check()
            kept = the(change, id)
            changed = self._checked(change, check, draft, kept)
            check.done()
            if changed != kept:
                mailboxes.change(change.connection, changed)
                mailbox_health.begin_again(change.connection, id, micros(change.real))
                change.audit("mailbox_changed", id, _told(changed))

        await self._changing.change(signed, "change_mailbox", verb)

    def _checked(self, change: Change, check: Check, draft: MailboxDraft, kept: Mailbox | None) -> Mailbox:
        address = check.email("address", draft.address)
        other = mailboxes.by_address(change.connection, address)
        if other is not None and (kept is None or other.id != kept.id):
            check.refuse("address", "{address} is read already.", address=address)
        if draft.customer and customers.find(change.connection, draft.customer) is None:
            check.refuse("customer", "There is no such customer.")
        calendar = calendars.find(change.connection, draft.calendar)
        if calendar is None:
            check.refuse("calendar", "Choose the office hours by which its mail is answered.")
        endpoint, secret = _endpoint(check, draft), self._secret(check, draft, kept)
        since = check.begin("since", draft.since, str(calendar.document["tz"]) if calendar else "UTC")
        return Mailbox(
            kept.id if kept is not None else new_id(),
            address,
            check.line("name", draft.name),
            draft.customer or None,
            draft.calendar,
            endpoint,
            secret,
            draft.active,
            None if since is None else micros(since),
        )

    def _secret(self, check: Check, draft: MailboxDraft, kept: Mailbox | None) -> bytes:
        """Sealed. What was not entered stays as it is, where the way in is the same."""
        before: dict[str, str] = {} if kept is None else json.loads(self._sealer.unseal(kept.secret_sealed))
        ways = ("password",) if draft.auth == "password" else ("client_secret", "refresh_token")
        stays = ways if kept is not None and kept.endpoint["auth"] == draft.auth else ()
        names = (*ways, *(("smtp_password",) if draft.smtp_host and draft.smtp_auth == "password" else ()))
        secret = {name: value for name, value in before.items() if name in (*stays, "smtp_password") and name in names}
        secret |= {name: value for name in names if (value := str(getattr(draft, name)))}
        if draft.auth == "password" and not secret.get("password"):
            check.refuse("password", "Enter the password of the mailbox.")
        elif draft.auth != "password" and draft.grant == "refresh_token" and not secret.get("refresh_token"):
            check.refuse("refresh_token", "Enter the refresh token that the mailbox's owner consented to.")
        elif "smtp_password" in names and not (secret.get("smtp_password") or secret.get("password")):
            check.refuse("smtp_password", "Enter the password by which mail is sent; a token cannot be used for it.")
        if kept is not None and secret == before:
            return kept.secret_sealed
        return seal(self._sealer, secret)


def _endpoint(check: Check, draft: MailboxDraft) -> dict[str, Any]:
    host = check.line("host", draft.host, 253)
    if not host or " " in host:
        check.refuse("host", "Enter the name of the IMAP server, such as imap.example.com.")
    user = check.line("user", draft.user, 254)
    if not user:
        check.refuse("user", "Enter the name by which the mailbox is signed in to.")
    for field, value, allowed in (
        ("security", draft.security, SECURITIES),
        ("auth", draft.auth, AUTHENTICATIONS),
        ("grant", draft.grant, GRANTS),
    ):
        if value not in allowed:
            check.refuse(field, "“{text}” is not among {allowed}.", text=value, allowed=", ".join(allowed))
    if draft.security == "plain" and host not in NEAR:
        check.refuse("security", "Without encryption only a server on this machine is read.")
    endpoint: dict[str, Any] = {
        "host": host,
        "port": check.number("port", draft.port, 1, 65535),
        "security": draft.security,
        "user": user,
        "auth": draft.auth,
        "folder": check.line("folder", draft.folder, 200) or "INBOX",
    }
    trusts = [each.strip().lower() for each in draft.trusts.split(",") if each.strip()]
    more: dict[str, Any] = {
        "done": check.line("done", draft.done, 200),
        "ca_file": draft.ca_file.strip(),
        "trusts": trusts,
    }
    if draft.auth != "password":
        more |= _client(check, draft)
    if draft.smtp_host.strip():
        more |= {"smtp": _smtp(check, draft), "plus": draft.plus, "copies": _copies(check, draft)}
        more |= {"sent": check.line("sent", draft.sent, 200)}
    return endpoint | {name: value for name, value in more.items() if value}


def _smtp(check: Check, draft: MailboxDraft) -> dict[str, Any]:
    host = check.line("smtp_host", draft.smtp_host, 253)
    if " " in host:
        check.refuse("smtp_host", "Enter the name of the SMTP server, such as smtp.example.com.")
    for field, value, allowed in (
        ("smtp_security", draft.smtp_security, SECURITIES),
        ("smtp_auth", draft.smtp_auth, SMTP_AUTHENTICATIONS),
    ):
        if value not in allowed:
            check.refuse(field, "“{text}” is not among {allowed}.", text=value, allowed=", ".join(allowed))
    if draft.smtp_security == "plain" and host not in NEAR:
        check.refuse("smtp_security", "Without encryption mail is given to a server on this machine only.")
    if draft.smtp_auth == "same" and draft.auth == "password":
        check.refuse("smtp_auth", "The mailbox has no token that could be used here too; choose its password.")
    found = {
        "host": host,
        "port": check.number("smtp_port", draft.smtp_port, 1, 65535),
        "security": draft.smtp_security,
        "auth": draft.smtp_auth,
    }
    user = check.line("smtp_user", draft.smtp_user, 254)
    return found | ({"user": user} if user else {})


def _copies(check: Check, draft: MailboxDraft) -> str:
    if draft.copies not in COPIES:
        check.refuse("copies", "“{text}” is not among {allowed}.", text=draft.copies, allowed=", ".join(COPIES))
    elif draft.copies == "plus" and not draft.plus:
        check.refuse("copies", "Copies come to a plus address, and this server takes none: choose another proof.")
    return draft.copies


def _client(check: Check, draft: MailboxDraft) -> dict[str, Any]:
    if not _is_private(draft.token_url):
        check.refuse("token_url", "Enter the address at which tokens are given; it begins with https://.")
    client = check.line("client_id", draft.client_id, 400)
    if not client:
        check.refuse("client_id", "Enter the client id under which the desk is known there.")
    return {
        "token_url": draft.token_url,
        "client_id": client,
        "scope": check.line("scope", draft.scope, 1000),
        "grant": draft.grant,
    }


def _is_private(url: str) -> bool:
    """Whether nobody on the way reads what is sent there: to a server by TLS, or to this machine."""
    try:
        found = urlsplit(url)
        found.port  # noqa: B018 -- refuses what is no number
    except ValueError:
        return False
    if not found.hostname or found.username is not None:
        return False
    return found.scheme == "https" or (found.scheme == "http" and found.hostname in NEAR)


def drafted(kept: Mailbox) -> MailboxDraft:
    """A mailbox as it is entered; secrets are not shown."""
    fields = {name: value for name, value in kept.endpoint.items() if name not in ("trusts", "smtp")}
    fields |= {f"smtp_{name}": value for name, value in kept.endpoint.get("smtp", {}).items()}
    known = replace(MailboxDraft(kept.address, kept.calendar_id), **fields)
    since = "" if kept.since is None else instant(kept.since).isoformat()
    return replace(
        known,
        name=kept.name,
        customer=kept.customer_id or "",
        trusts=", ".join(kept.endpoint.get("trusts", ())),
        since=since,
        active=kept.active,
    )


def the(change: Change, id: str) -> Mailbox:
    """The mailbox. Raises NotFound."""
    found = mailboxes.find(change.connection, id)
    if found is None:
        raise NotFound("There is no such mailbox.")
    return found


def _told(box: Mailbox) -> dict[str, Any]:
    """For the audit: no address, no secret."""
    return {
        "customer": box.customer_id,
        "host": box.endpoint["host"],
        "auth": box.endpoint["auth"],
        "smtp": box.endpoint.get("smtp", {}).get("host"),
        "active": box.active,
    }
