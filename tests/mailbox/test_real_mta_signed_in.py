"""What a real Postfix takes over TLS from who signs in by password or token, and what is said when it does not."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from mailbox.places import outlet
from mailbox.trying import Tried, tried_sending
from server.mail_report import BoxReport, reports, said, todo
from store.mailboxes import Mailbox
from store.outbox import To
from tests.mailbox.round_trip import Round, of
from tests.support.dovecot import SECRET
from tests.support.eventually import eventually
from tests.support.imap_tokens import CLIENT, CLIENT_SECRET, REFRESH, TokenServer
from tests.support.postfix import PostfixServer
from tests.support.world import SEALER

PASSWORDS = {"password": SECRET, "smtp_password": SECRET}
WRONG = {"password": SECRET, "smtp_password": "not it"}


async def over_tls(round: Round, postfix: PostfixServer, security: str = "starttls", **smtp: Any) -> None:
    """The mailbox hands its mail in there."""
    port = postfix.submission if security == "starttls" else postfix.smtps
    fields = {"port": port, "security": security, "auth": "password", "ca_file": round.dovecot.ca_file}
    await round.changed(**(fields | smtp))


async def with_secrets(round: Round, secrets: dict[str, str]) -> None:
    round.box = await round.office.changed_secrets(round.box, secrets)


async def tried(box: Mailbox) -> Tried:
    """As who tests the connection sees it."""
    async with httpx2.AsyncClient(trust_env=False) as http:
        return await tried_sending(outlet(box, SEALER, http, lambda sealed: None))


async def health(round: Round) -> BoxReport:
    """As admins are shown it."""
    [found] = await round.office.record.read(lambda connection: reports(connection, round.office.clock))
    return found


async def comes_to_its_reader(round: Round) -> None:
    reader = round.dovecot.mailbox()
    async with round.runs():
        id = await round.sends(To(f"{reader}@example.org"))
        await eventually(lambda: round.office.is_now(id, "accepted"))

        async def came() -> bool:
            return len(await round.lie(reader)) == 1

        await eventually(came)


@pytest.mark.parametrize(("security", "method"), [("starttls", "PLAIN"), ("tls", "LOGIN")])
async def test_a_password_is_shown_over_tls_only_and_the_mail_is_taken(
    round: Round, postfix: PostfixServer, security: str, method: str
) -> None:
    await over_tls(round, postfix, security)
    await with_secrets(round, PASSWORDS)
    assert (await tried(round.box)).failed is None
    await comes_to_its_reader(round)
    assert f"sasl_method={method}, sasl_username={round.box.endpoint['user']}" in postfix.log()


@pytest.mark.parametrize("mechanism", ["xoauth2", "oauthbearer"])
async def test_a_token_opens_for_reading_and_for_sending(round: Round, postfix: PostfixServer, mechanism: str) -> None:
    user = round.box.endpoint["user"]
    async with TokenServer(user, round.dovecot.tokens_port) as server:
        await over_tls(round, postfix, auth="same")
        token = {"auth": mechanism, "token_url": server.url, "client_id": CLIENT}
        round.box = await round.office.changed(round.box, **token)
        await with_secrets(round, {"client_secret": CLIENT_SECRET, "refresh_token": REFRESH})
        assert (await tried(round.box)).failed is None
        await comes_to_its_reader(round)
        assert f"sasl_method={mechanism.upper()}, sasl_username={user}" in postfix.log()
        server.user = "somebody-else"
        found = await tried(round.box)
    assert found.failed == "login" and found.words.startswith("535 5.7.8")


async def test_a_wrong_password_is_named_and_mail_waits_until_it_is_right(round: Round, postfix: PostfixServer) -> None:
    reader = f"{round.dovecot.mailbox()}@example.org"
    await over_tls(round, postfix)
    await with_secrets(round, WRONG)
    found = await tried(round.box)
    assert found.failed == "login" and found.words.startswith("535 5.7.8"), "the server's own words"
    assert "not it" not in found.words
    async with round.runs():
        id = await round.sends(To(reader))

        async def told() -> bool:
            return of(await round.office.mail(id), reader)[1].startswith("login: 535 5.7.8")

        await eventually(told)
        assert of(await round.office.mail(id), reader)[0] == "deferred", "it is nobody's fault whom it is for"
        report = await health(round)
        assert report.grade == "care" and said(report).startswith(
            "Mail does not leave: Signing in is refused: 535 5.7.8"
        )
        assert "Enter the right user and password" in todo(report)
        await with_secrets(round, PASSWORDS)
        round.office.passes(minutes=7)
        await eventually(lambda: round.office.is_now(id, "accepted"))
        assert (await health(round)).grade == "ok"
    assert postfix.log().count("SASL PLAIN authentication failed") <= 2, "each refusal counts towards a lock"


async def test_nobody_is_signed_in_without_tls(round: Round, postfix: PostfixServer) -> None:
    await over_tls(round, postfix, security="plain", port=postfix.submission)
    await with_secrets(round, PASSWORDS)
    found = await tried(round.box)
    assert found.failed == "login" and "takes no password here" in found.words


@pytest.mark.parametrize(
    ("port", "smtp", "words"),
    [
        ("misnamed", {}, "IP address mismatch"),
        ("submission", {"ca_file": None}, "unable to get local issuer certificate"),
        ("submission", {"security": "tls"}, "does this port speak TLS?"),
        ("port", {}, "the server offers no STARTTLS"),
    ],
)
async def test_a_certificate_that_does_not_fit_is_named_and_mail_waits(
    round: Round, postfix: PostfixServer, port: str, smtp: dict[str, Any], words: str
) -> None:
    reader = f"{round.dovecot.mailbox()}@example.org"
    await over_tls(round, postfix, **({"port": getattr(postfix, port)} | smtp))
    await with_secrets(round, PASSWORDS)
    found = await tried(round.box)
    assert found.failed == "tls" and words in found.words
    async with round.runs():
        id = await round.sends(To(reader))

        async def told() -> bool:
            return words in of(await round.office.mail(id), reader)[1]

        await eventually(told)
        assert of(await round.office.mail(id), reader)[0] == "deferred"
    assert f"sasl_username={round.box.endpoint['user']}" not in postfix.log()
