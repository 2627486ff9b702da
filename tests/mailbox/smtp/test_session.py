"""Every stage of a session with every fault: what is known of a mail afterwards, and that nobody hangs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from mailbox.errors import LoginRefused, Lost, MailError, TokenFailed, Unreachable, Untrusted
from mailbox.imap.endpoint import OAuth, Password
from mailbox.oauth import RefreshToken, TokenSource
from mailbox.smtp.endpoint import Endpoint, Limits
from mailbox.smtp.errors import Refused
from mailbox.smtp.outcome import Outcome
from mailbox.smtp.session import Envelope, Session
from tests.support.imap_certificates import Authority
from tests.support.imap_tokens import CLIENT, CLIENT_SECRET, REFRESH, TokenServer
from tests.support.smtp_server import SmtpServer

QUICK = Limits(connect_s=10, greeting_s=2, answer_s=2, content_s=2, quit_s=2)
PATIENT = Limits(connect_s=20, greeting_s=20, answer_s=20, content_s=20, quit_s=5)
RAW = b"From: a@b.example\r\nSubject: Hello\r\n\r\n.one\r\n..two\r\nthree\r\n"
PRIYA, TOM = "priya@brightwater.example", "tom@brightwater.example"


@pytest.fixture
async def server() -> AsyncIterator[SmtpServer]:
    async with SmtpServer() as started:
        yield started


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def at(port: int, **others: Any) -> Endpoint:
    fields: dict[str, Any] = {"host": "127.0.0.1", "port": port, "security": "plain"}
    return Endpoint(**(fields | others))


async def nothing() -> None:
    return None


async def sent(
    port: int, *recipients: str, raw: bytes = RAW, limits: Limits = PATIENT, copy: str | None = None, **others: Any
) -> dict[str, Outcome]:
    """One mail in a session of its own."""
    async with await Session.open(at(port, **others), limits) as session:
        return await session.send(Envelope("anna@larkfield.example", recipients or (PRIYA,), copy), raw, nothing)


def states(outcomes: dict[str, Outcome]) -> dict[str, str]:
    return {address: outcome.state for address, outcome in outcomes.items()}


# What a server does ---------------------------------------------------------------------------------------------------


async def test_a_mail_comes_as_it_was_with_its_dots(server: SmtpServer) -> None:
    outcomes = await sent(server.port, PRIYA, TOM)
    assert outcomes[PRIYA] == Outcome("accepted", "250 2.0.0 queued as 1", 250, "2.0.0")
    assert [(each.sender, each.recipients, each.raw) for each in server.taken] == [
        ("anna@larkfield.example", (PRIYA, TOM), RAW)
    ]


async def test_several_mails_go_over_one_connection(server: SmtpServer) -> None:
    async with await Session.open(at(server.port), PATIENT) as session:
        for _ in range(3):
            await session.send(Envelope("", (PRIYA,)), RAW, nothing)
    assert (server.connections, len(server.taken)) == (1, 3)


async def test_lines_that_end_otherwise_end_with_crlf(server: SmtpServer) -> None:
    await sent(server.port, raw=b"Subject: x\n\none\rtwo\n.three")
    assert server.taken[0].raw == b"Subject: x\r\n\r\none\r\ntwo\r\n.three\r\n"


STAGE_STEPS = {"greeting": "greeting", "EHLO": "hello", "MAIL": "sender", "RCPT": "recipient", "DATA": "data"}


@pytest.mark.parametrize("stage", STAGE_STEPS)
@pytest.mark.parametrize("fault", ["drop", "freeze"])
async def test_a_line_that_breaks_or_freezes_before_the_content_leaves_nobody_with_the_mail(
    server: SmtpServer, stage: str, fault: str
) -> None:
    server.faults[stage] = fault
    with pytest.raises(Lost) as caught:
        await sent(server.port, limits=QUICK)
    assert (caught.value.step, server.taken) == (STAGE_STEPS[stage], [])


@pytest.mark.parametrize("stage", ["greeting", "MAIL"])
@pytest.mark.parametrize("code", ["451", "550"])
async def test_a_refusal_of_us_is_an_error_with_its_step_and_the_servers_words(
    server: SmtpServer, stage: str, code: str
) -> None:
    server.faults[stage] = code
    with pytest.raises(Refused) as caught:
        await sent(server.port)
    assert (caught.value.step, caught.value.code) == (STAGE_STEPS[stage], int(code))
    assert caught.value.words == f"{code} {code[0]}.7.1 not at {stage}"


async def test_a_server_that_knows_no_ehlo_is_asked_with_helo_and_one_that_is_busy_is_not(server: SmtpServer) -> None:
    server.faults["EHLO"] = "550"
    assert states(await sent(server.port)) == {PRIYA: "accepted"}
    server.faults["EHLO"] = "451"
    with pytest.raises(Refused) as caught:
        await sent(server.port)
    assert (caught.value.step, caught.value.code) == ("hello", 451)


@pytest.mark.parametrize("stage", ["RCPT", "DATA", "dot"])
@pytest.mark.parametrize(("code", "state"), [("451", "deferred"), ("550", "bounced")])
async def test_a_refusal_of_the_mail_is_its_outcome_with_the_enhanced_code(
    server: SmtpServer, stage: str, code: str, state: str
) -> None:
    server.faults[stage] = code
    outcomes = await sent(server.port)
    assert outcomes == {PRIYA: Outcome(state, f"{code} {code[0]}.7.1 not at {stage}", int(code), f"{code[0]}.7.1")}  # type: ignore[arg-type]
    assert server.taken == []


@pytest.mark.parametrize("fault", ["drop", "freeze"])
async def test_a_line_that_breaks_or_freezes_after_the_dot_leaves_it_open_who_has_the_mail(
    server: SmtpServer, fault: str
) -> None:
    server.faults["dot"] = fault
    assert states(await sent(server.port, PRIYA, TOM, limits=QUICK)) == {PRIYA: "ambiguous", TOM: "ambiguous"}
    assert len(server.taken) == 1


async def test_an_answer_to_the_dot_that_is_no_smtp_leaves_it_open(server: SmtpServer) -> None:
    server.faults["dot"] = "what?"
    assert states(await sent(server.port)) == {PRIYA: "ambiguous"}


@pytest.mark.parametrize("fault", ["drop", "freeze", "451", "550"])
async def test_what_happens_at_the_good_bye_takes_nothing_back(server: SmtpServer, fault: str) -> None:
    server.faults["QUIT"] = fault
    assert states(await sent(server.port, limits=QUICK)) == {PRIYA: "accepted"}


async def test_who_is_refused_keeps_no_other_from_the_mail(server: SmtpServer) -> None:
    server.refuses = {TOM: "550 5.1.1 no such user", "eva@brightwater.example": "452 4.2.2 mailbox full"}
    outcomes = await sent(server.port, PRIYA, TOM, "eva@brightwater.example")
    assert states(outcomes) == {PRIYA: "accepted", TOM: "bounced", "eva@brightwater.example": "deferred"}
    assert outcomes[TOM] == Outcome("bounced", "550 5.1.1 no such user", 550, "5.1.1")
    assert server.taken[0].recipients == (PRIYA,)


async def test_after_a_mail_that_nobody_gets_the_next_one_goes_over_the_same_connection(server: SmtpServer) -> None:
    server.refuses = {TOM: "550 5.1.1 no such user"}
    async with await Session.open(at(server.port), PATIENT) as session:
        first = await session.send(Envelope("a@larkfield.example", (TOM,)), RAW, nothing)
        second = await session.send(Envelope("b@larkfield.example", (PRIYA,)), RAW, nothing)
    assert (states(first), states(second)) == ({TOM: "bounced"}, {PRIYA: "accepted"})
    assert ([each.sender for each in server.taken], server.connections) == (["b@larkfield.example"], 1)


async def test_the_copy_goes_along_without_an_outcome_and_never_alone(server: SmtpServer) -> None:
    copy = "support+s.abc-def@larkfield.example"
    assert states(await sent(server.port, copy=copy)) == {PRIYA: "accepted"}
    server.refuses = {PRIYA: "550 5.1.1 no such user"}
    assert states(await sent(server.port, copy=copy)) == {PRIYA: "bounced"}
    assert [each.recipients for each in server.taken] == [(PRIYA, copy)]


async def test_a_copy_that_is_refused_keeps_nobody_from_the_mail(server: SmtpServer) -> None:
    copy = "support+s.abc-def@larkfield.example"
    server.refuses = {copy: "550 5.1.1 no plus here"}
    assert states(await sent(server.port, copy=copy)) == {PRIYA: "accepted"}


async def test_what_must_come_before_the_content_comes_before_it_and_can_stop_it(server: SmtpServer) -> None:
    seen: list[list[str]] = []

    async def note() -> None:
        seen.append(list(server.heard))
        raise RuntimeError("the record is not there")

    async with await Session.open(at(server.port), PATIENT) as session:
        with pytest.raises(RuntimeError, match="the record"):
            await session.send(Envelope("", (PRIYA,)), RAW, note)
        assert session.lost
    assert seen[0][-1] == "DATA", "the server waits for it"
    assert server.taken == []


async def test_what_must_come_before_the_content_does_not_where_the_server_wants_none(server: SmtpServer) -> None:
    server.faults["DATA"] = "550"

    async def never() -> None:
        raise AssertionError("nothing of it leaves")

    async with await Session.open(at(server.port), PATIENT) as session:
        told = await session.send(Envelope("", (PRIYA,)), RAW, never)
    assert states(told) == {PRIYA: "bounced"} and server.taken == []


async def test_a_session_that_the_server_ended_meanwhile_says_so(server: SmtpServer) -> None:
    async with await Session.open(at(server.port), PATIENT) as session:
        await session.send(Envelope("", (PRIYA,)), RAW, nothing)
        server.hang_up()
        with pytest.raises(Lost) as caught:
            await session.send(Envelope("", (PRIYA,)), RAW, nothing)
    assert (caught.value.step, len(server.taken)) == ("sender", 1)


async def test_who_is_cancelled_leaves_nothing_open(server: SmtpServer) -> None:
    server.faults["dot"] = "freeze"
    session = await Session.open(at(server.port), PATIENT)
    sending = asyncio.create_task(session.send(Envelope("", (PRIYA,)), RAW, nothing))
    while not server.taken:
        await asyncio.sleep(0)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert session.lost


# Addresses and sizes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("priya@brightwater.example\r\nRCPT TO:<eva@evil.example>", "a blank or a sign"),
        ("priya raman@brightwater.example", "a blank or a sign"),
        ("priya@bright\u00a0water.example", "a blank or a sign"),
        ("<priya@brightwater.example>", "a blank or a sign"),
        ("priya@eva@brightwater.example", "a blank or a sign"),
        ("priya", "a name, an @ and a domain"),
        ("@brightwater.example", "a name, an @ and a domain"),
        (".priya@brightwater.example", "a dot"),
        ("priya@bright..water.example", "domain"),
        ("p" * 65 + "@brightwater.example", "too long"),
    ],
)
async def test_an_address_that_is_none_bounces_in_a_sentence_and_keeps_nobody_from_the_mail(
    server: SmtpServer, address: str, why: str
) -> None:
    outcomes = await sent(server.port, address, TOM)
    assert states(outcomes) == {address: "bounced", TOM: "accepted"}
    assert why in outcomes[address].words
    assert [each for each in server.heard if each.startswith("RCPT")] == [f"RCPT TO:<{TOM}>"]


async def test_letters_beyond_ascii_go_where_they_are_taken_and_the_domain_everywhere() -> None:
    jörg, müller = "jörg@brightwater.example", "eva@müller.example"
    async with SmtpServer() as takes:
        assert states(await sent(takes.port, jörg, müller)) == {jörg: "accepted", müller: "accepted"}
        assert takes.taken[0].recipients == (jörg, "eva@xn--mller-kva.example")
        assert any(each.endswith("SMTPUTF8") for each in takes.heard)
    async with SmtpServer(utf8=False) as refuses:
        outcomes = await sent(refuses.port, jörg, müller)
        assert states(outcomes) == {jörg: "bounced", müller: "accepted"}
        assert "SMTPUTF8" in outcomes[jörg].words
        assert not any("SMTPUTF8" in each for each in refuses.heard)


async def test_a_mail_that_the_server_would_not_take_is_not_begun() -> None:
    async with SmtpServer(most_bytes=1_000_000) as server:
        outcomes = await sent(server.port, raw=b"Subject: x\r\n\r\n" + b"x" * 1_499_986)
        assert outcomes[PRIYA].words == (
            "The mail has 1.5 MB with its attachments, and the mail server takes 1.0 MB at most."
        )
        assert not any(each.startswith("MAIL") for each in server.heard)
        assert states(await sent(server.port)) == {PRIYA: "accepted"}
        assert f"MAIL FROM:<anna@larkfield.example> SIZE={len(RAW)}" in server.heard


# The way in -----------------------------------------------------------------------------------------------------------


async def test_tls_and_starttls_are_used_and_trusted_by_the_given_certificates(authority: Authority) -> None:
    context = authority.context("127.0.0.1")
    async with SmtpServer(tls=context) as server:
        outcomes = await sent(server.port, security="tls", ca_file=authority.ca_file)
        assert states(outcomes) == {PRIYA: "accepted"}
    async with SmtpServer(starttls=context) as server:
        outcomes = await sent(server.port, security="starttls", ca_file=authority.ca_file)
        assert states(outcomes) == {PRIYA: "accepted"}


async def test_without_starttls_nothing_is_said_in_the_clear(server: SmtpServer) -> None:
    with pytest.raises(Untrusted, match="offers no STARTTLS"):
        await sent(server.port, security="starttls", user="anna", auth=Password("secret"))
    assert [each.split()[0] for each in server.heard] == ["EHLO"]


async def test_certificates_that_do_not_hold_are_named(authority: Authority, server: SmtpServer) -> None:
    async with SmtpServer(tls=authority.context("127.0.0.1", expired=True)) as expired:
        with pytest.raises(Untrusted, match="expired"):
            await sent(expired.port, security="tls", ca_file=authority.ca_file)
    async with SmtpServer(starttls=authority.context("mx.example")) as other:
        with pytest.raises(Untrusted, match="IP address mismatch"):
            await sent(other.port, security="starttls", ca_file=authority.ca_file)
    with pytest.raises(Untrusted, match="does this port speak TLS"):
        await sent(server.port, security="tls", ca_file=authority.ca_file)


async def test_plain_text_goes_to_this_machine_only() -> None:
    with pytest.raises(Untrusted, match="without TLS only to this machine"):
        await Session.open(Endpoint("192.0.2.1", 25, "plain"), QUICK)


async def test_who_cannot_be_reached_is_named(server: SmtpServer) -> None:
    port = server.port
    await server.__aexit__()
    with pytest.raises(Unreachable, match="Connection refused") as caught:
        await sent(port)
    assert caught.value.step == "connect"
    with pytest.raises(Unreachable) as unresolved:
        await Session.open(Endpoint("no-such-host.invalid", 25, "tls"), QUICK)
    assert unresolved.value.step == "resolve"


async def test_a_password_opens_and_a_wrong_one_is_tried_once() -> None:
    async with SmtpServer(secrets={"anna": "sécret"}) as server:
        assert states(await sent(server.port, user="anna", auth=Password("sécret"))) == {PRIYA: "accepted"}
        with pytest.raises(LoginRefused, match="no such luck") as caught:
            await sent(server.port, user="anna", auth=Password("wrong"))
        assert (caught.value.step, caught.value.retry, caught.value.after_s) == ("login", False, 300.0)


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
async def test_a_token_opens_and_one_that_is_refused_is_renewed_once(mechanism: Any) -> None:
    async with TokenServer() as tokens, SmtpServer(tokens=tokens) as server, httpx2.AsyncClient() as http:
        source = TokenSource(tokens.url, RefreshToken(CLIENT, REFRESH, CLIENT_SECRET), http)
        auth = OAuth(mechanism, source)
        assert states(await sent(server.port, user="anna", auth=auth)) == {PRIYA: "accepted"}
        tokens.valid.clear()
        assert states(await sent(server.port, user="anna", auth=auth)) == {PRIYA: "accepted"}
        assert len(tokens.asked) == 2
        assert any(each.startswith(f"{mechanism} ") and "anna" in each for each in server.heard)


async def test_why_a_token_is_refused_is_told_and_so_is_that_there_is_none() -> None:
    class Nobodys(TokenServer):
        def _token(self, fields: dict[str, str]) -> Any:
            told = super()._token(fields)
            self.valid.clear()
            return told

    async with Nobodys() as tokens, SmtpServer(tokens=tokens) as server, httpx2.AsyncClient() as http:
        source = TokenSource(tokens.url, RefreshToken(CLIENT, REFRESH, CLIENT_SECRET), http)
        with pytest.raises(LoginRefused, match="invalid_token"):
            await sent(server.port, user="anna", auth=OAuth("OAUTHBEARER", source))
        assert "AQ==" in server.heard
        wrong = TokenSource(tokens.url, RefreshToken(CLIENT, "void", CLIENT_SECRET), http)
        with pytest.raises(TokenFailed) as caught:
            await sent(server.port, user="anna", auth=OAuth("XOAUTH2", wrong))
        assert caught.value.step == "token"


async def test_no_error_shows_a_secret() -> None:
    async with SmtpServer(secrets={"anna": "sécret"}) as server:
        with pytest.raises(MailError) as caught:
            await sent(server.port, user="anna", auth=Password("Pa55word"))
    assert "Pa55word" not in f"{caught.value} {caught.value!r} {Endpoint('h', 1, 'tls', 'u', Password('Pa55word'))!r}"
