"""Mailboxes as they are entered: a client's secret goes to nobody in plain text, except on this machine."""

from __future__ import annotations

import pytest

from desk.administration import Administration, Wrong
from desk.administration.mailboxes import MailboxDraft
from store import mailboxes
from tests.support.world import World


def draft(url: str) -> MailboxDraft:
    return MailboxDraft(
        "desk@larkfield.example", "office", host="imap.example", user="desk", auth="xoauth2", token_url=url,
        client_id="desk", refresh_token="r3fresh",
    )  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1.evil.example/token",
        "http://127.0.0.1@evil.example/token",
        "http://localhost.evil.example/token",
        "http://login.example/token",
        "https://",
        "https://[::1/token",
        "http://127.0.0.1:many/token",
        "ftp://127.0.0.1/token",
        "",
    ],
)
async def test_tokens_are_asked_for_at_no_address_that_others_read(admin: Administration, url: str) -> None:
    with pytest.raises(Wrong) as wrong:
        await admin.mailboxes.add(None, draft(url))
    assert list(wrong.value.fields) == ["token_url"]


@pytest.mark.parametrize(
    "url",
    [
        "https://login.example/token",
        "https://127.0.0.1.login.example:8443/token",
        "http://127.0.0.1:8080/token",
        "http://[::1]:8080/token",
        "http://LOCALHOST/token",
    ],
)
async def test_they_are_asked_for_by_tls_or_on_this_machine(world: World, admin: Administration, url: str) -> None:
    id = await admin.mailboxes.add(None, draft(url))
    kept = await world.record.read(lambda connection: mailboxes.find(connection, id))
    assert kept is not None and kept.endpoint["token_url"] == url
