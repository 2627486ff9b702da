"""The way in, step by step: a failure names its step, in the server's words, and no secret goes where it must not."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from mailbox.errors import LoginRefused, Lost, TokenFailed, Unreachable, Untrusted
from mailbox.imap.command import Limits
from mailbox.imap.connection import Connection
from mailbox.imap.endpoint import Mechanism, OAuth, Password
from mailbox.imap.errors import Refused, Strange
from tests.mailbox.imap.conftest import Into, at
from tests.support.eventually import eventually
from tests.support.imap_certificates import Authority
from tests.support.imap_script import Reply, ScriptedImap, Session, silence

BRIEF = Limits(connect_s=1.5, silence_s=1.5)


class Tokens:
    """A source whose tokens are known beforehand."""

    def __init__(self, *tokens: str) -> None:
        self.left = list(tokens)
        self.refused: list[str] = []

    async def token(self) -> str:
        if not self.left:
            raise TokenFailed("the consent was withdrawn", code="invalid_grant", retry=False, after_s=300)
        return self.left[0]

    def forget(self, token: str) -> None:
        self.refused.append(token)
        self.left.remove(token)


def bearers(accepted: str, reason: bytes, heard: list[str]) -> Reply:
    """A server that takes one token, and says why it does not take others, as Google and Dovecot do."""

    async def judge(session: Session, tag: str, arguments: str) -> bytes:
        response = base64.b64decode(arguments.split()[1]).decode()
        heard.append(response)
        if f"Bearer {accepted}\1" in response:
            return b"TAG OK in\r\n"
        await session.say(b"+ " + base64.b64encode(reason) + b"\r\n")
        heard.append(await session.line())
        return b"TAG NO [AUTHENTICATIONFAILED] no\r\n"

    return judge


def guarded(security: str, context: ssl.SSLContext) -> ScriptedImap:
    return ScriptedImap(tls=context) if security == "tls" else ScriptedImap(starttls=context)


# Steps ----------------------------------------------------------------------------------------------------------------


async def test_a_name_without_address_fails_at_resolve() -> None:
    with pytest.raises(Unreachable) as caught:
        await Connection.open(at(993, host="nowhere.invalid"), BRIEF)
    assert caught.value.step == "resolve"


async def test_a_closed_port_fails_at_connect() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable) as caught:
            await Connection.open(at(closed.getsockname()[1]), BRIEF)
    assert caught.value.step == "connect"
    assert "refused" in caught.value.words


async def test_a_server_full_of_connections_says_so() -> None:
    async with ScriptedImap(greeting=b"* BYE Maximum number of connections exceeded\r\n") as server:
        with pytest.raises(Refused) as caught:
            await Connection.open(at(server.port))
    assert (caught.value.step, caught.value.words) == ("greeting", "Maximum number of connections exceeded")


@pytest.mark.parametrize("greeting", [b"220 mail ESMTP\r\n", b"HTTP/1.1 400 Bad Request\r\n", b"\0\xff\r\n"])
async def test_another_kind_of_server_fails_at_the_greeting(greeting: bytes) -> None:
    async with ScriptedImap(greeting=greeting) as server:
        with pytest.raises(Strange) as caught:
            await Connection.open(at(server.port))
    assert caught.value.step == "greeting"
    assert "not IMAP" in caught.value.words


@pytest.mark.parametrize("greeting", [b"", b"* OK half a li"])
async def test_a_server_that_does_not_greet_fails_at_the_greeting(greeting: bytes) -> None:
    async with ScriptedImap(greeting=greeting) as server:
        with pytest.raises(Lost) as caught:
            await Connection.open(at(server.port), BRIEF)
    assert caught.value.step == "greeting"


async def test_a_server_that_closes_before_it_greets_fails_at_the_greeting() -> None:
    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(close, "127.0.0.1", 0)
    async with server:
        with pytest.raises(Lost) as caught:
            await Connection.open(at(server.sockets[0].getsockname()[1]))
    assert (caught.value.step, caught.value.words) == ("greeting", "the server closed the connection")


async def test_a_connection_that_is_known_already_needs_no_login(into: Into) -> None:
    async with ScriptedImap(greeting=b"* PREAUTH at home\r\n") as server:
        await (await into(server.port)).select("INBOX")
    assert not [line for line in server.heard if line.startswith(("LOGIN", "AUTHENTICATE"))]


async def test_a_cancelled_opening_leaves_nothing_open() -> None:
    async with ScriptedImap({"LOGIN": silence}) as server:
        task = asyncio.create_task(Connection.open(at(server.port)))
        await eventually(lambda: server.heard[-1:] == ['LOGIN "anna" "secret"'])
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await eventually(server.sessions[0].reader.at_eof)


async def test_a_refused_opening_leaves_nothing_open() -> None:
    async with ScriptedImap({"LOGIN": b"TAG NO no\r\n"}) as server:
        with pytest.raises(LoginRefused):
            await Connection.open(at(server.port))
        await eventually(server.sessions[0].reader.at_eof)


# TLS ------------------------------------------------------------------------------------------------------------------


async def test_tls_with_a_trusted_certificate_is_taken(authority: Authority, into: Into) -> None:
    async with ScriptedImap(tls=authority.context("127.0.0.1")) as server:
        await (await into(server.port, security="tls", ca_file=authority.ca_file)).noop()


async def test_starttls_with_a_trusted_certificate_is_taken(authority: Authority, into: Into) -> None:
    async with ScriptedImap(starttls=authority.context("127.0.0.1")) as server:
        connection = await into(server.port, security="starttls", ca_file=authority.ca_file)
        await connection.select("INBOX")
        assert server.heard[0] == "STARTTLS"
        assert connection._protocol.transport.get_extra_info("ssl_object").version() == "TLSv1.3"


@pytest.mark.parametrize(
    ("name", "expired", "trusted", "words"),
    [
        ("127.0.0.1", True, True, "expired"),
        ("mail.example", False, True, "mismatch"),
        ("127.0.0.1", False, False, "unable to get"),
    ],
)
@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_certificate_that_does_not_hold_fails_at_tls(
    security: str, name: str, expired: bool, trusted: bool, words: str, authority: Authority, tmp_path: Path
) -> None:
    context = authority.context(name, expired=expired)
    trust = authority.ca_file if trusted else Authority(tmp_path).ca_file
    async with guarded(security, context) as server:
        with pytest.raises(Untrusted) as caught:
            await Connection.open(at(server.port, security=security, ca_file=trust), BRIEF)
        assert caught.value.step == "tls"
        assert words in caught.value.words
        assert (caught.value.retry, caught.value.after_s) == (False, 300)
        assert not [line for line in server.heard if "LOGIN" in line]


async def test_tls_to_a_plain_port_fails_at_tls(authority: Authority) -> None:
    async with ScriptedImap() as server:
        with pytest.raises(Untrusted) as caught:
            await Connection.open(at(server.port, security="tls", ca_file=authority.ca_file), BRIEF)
    assert "does this port speak TLS?" in caught.value.words


async def test_a_plain_client_at_a_tls_port_fails_at_the_greeting(authority: Authority) -> None:
    async with ScriptedImap(tls=authority.context("127.0.0.1")) as server:
        with pytest.raises(Lost) as caught:
            await Connection.open(at(server.port, security="starttls"), BRIEF)
    assert caught.value.step == "greeting"


async def test_a_tls_server_that_stays_silent_fails_at_tls(authority: Authority) -> None:
    async with ScriptedImap(greeting=b"") as server:
        with pytest.raises(Lost) as caught:
            await Connection.open(at(server.port, security="tls", ca_file=authority.ca_file), BRIEF)
    assert caught.value.step == "tls"


async def test_without_starttls_no_password_is_sent() -> None:
    async with ScriptedImap({"STARTTLS": b"TAG BAD unknown\r\n"}) as server:
        with pytest.raises(Untrusted) as caught:
            await Connection.open(at(server.port, security="starttls"))
        assert caught.value.words == "the server refuses STARTTLS: unknown"
        assert server.heard == ["STARTTLS"]


@pytest.mark.parametrize("injected", [b"* CAPABILITY IMAP4rev1 EVIL\r\n", b"* CAPA", b"A OK in\r\n"])
async def test_what_is_said_before_tls_is_not_believed_after_it(injected: bytes, authority: Authority) -> None:
    async with ScriptedImap(
        {"STARTTLS": b"TAG OK go\r\n" + injected}, starttls=authority.context("127.0.0.1")
    ) as server:
        with pytest.raises((Lost, Strange)) as caught:
            await Connection.open(at(server.port, security="starttls", ca_file=authority.ca_file), BRIEF)
    assert "between STARTTLS and TLS" in caught.value.words


async def test_plain_text_goes_to_this_machine_only() -> None:
    with pytest.raises(Untrusted) as caught:
        await Connection.open(at(143, host="192.0.2.1"), BRIEF)
    assert caught.value.step == "tls"


async def test_a_missing_file_of_trusted_certificates_fails_at_tls(tmp_path: Path) -> None:
    async with ScriptedImap() as server:
        with pytest.raises(Untrusted) as caught:
            await Connection.open(at(server.port, security="tls", ca_file=str(tmp_path / "none.pem")), BRIEF)
    assert "none.pem" in caught.value.words


# Login ----------------------------------------------------------------------------------------------------------------


async def test_what_the_server_can_do_is_asked_again_after_login(into: Into) -> None:
    """Rows 9: the list in the answer to LOGIN ends in a bracket that is no capability."""
    logged_in = False

    async def able(session: Session, tag: str, arguments: str) -> bytes:
        return b"* CAPABILITY IMAP4rev1 " + (b"idle MOVE" if logged_in else b"STARTTLS") + b"\r\nTAG OK\r\n"

    async def login(session: Session, tag: str, arguments: str) -> bytes:
        nonlocal logged_in
        logged_in = True
        return b"TAG OK [CAPABILITY IMAP4rev1 EVIL] in\r\n"

    async with ScriptedImap({"CAPABILITY": able, "LOGIN": login}) as server:
        assert (await into(server.port)).capabilities == {"IMAP4REV1", "IDLE", "MOVE"}


@pytest.mark.parametrize(
    ("user", "secret", "able", "command"),
    [
        ("an na", 'p "w\\', b"IMAP4rev1", 'LOGIN "an na" "p \\"w\\\\"'),
        ("änna", "päss", b"IMAP4rev1 AUTH=PLAIN SASL-IR", "AUTHENTICATE PLAIN AMOkbm5hAHDDpHNz"),
        ("anna", "pw", b"IMAP4rev1 AUTH=PLAIN SASL-IR LOGINDISABLED", "AUTHENTICATE PLAIN AGFubmEAcHc="),
        ("änna", "päss", b"IMAP4rev1", 'LOGIN "änna" "päss"'),
    ],
)
async def test_any_user_and_password_are_written_safely(
    user: str, secret: str, able: bytes, command: str, into: Into
) -> None:
    async with ScriptedImap({"AUTHENTICATE": b"TAG OK in\r\n"}, able=able) as server:
        await into(server.port, user=user, auth=Password(secret))
        assert server.heard[1] == command


async def test_a_server_that_takes_no_password_here_is_not_shown_one() -> None:
    async with ScriptedImap(able=b"IMAP4rev1 LOGINDISABLED") as server:
        with pytest.raises(LoginRefused):
            await Connection.open(at(server.port))
        assert server.heard == ["CAPABILITY"]


async def test_a_refused_login_waits_five_minutes() -> None:
    async with ScriptedImap({"LOGIN": b"TAG NO [AUTHENTICATIONFAILED] Wrong password\r\n"}) as server:
        with pytest.raises(LoginRefused) as caught:
            await Connection.open(at(server.port))
    error = caught.value
    assert (error.step, error.words) == ("login", "[AUTHENTICATIONFAILED] Wrong password")
    assert (error.retry, error.after_s) == (False, 300)


@pytest.mark.parametrize(
    ("words", "after_s"),
    [
        (b"[UNAVAILABLE] directory is down", None),
        (b"[ALERT] Too many simultaneous connections. (Failure)", None),
        (b"Request is throttled. Suggested Backoff Time: 2500 ms", 2.5),
    ],
)
async def test_a_login_refused_for_a_passing_reason_is_tried_again(words: bytes, after_s: float | None) -> None:
    async with ScriptedImap({"LOGIN": b"TAG NO " + words + b"\r\n"}) as server:
        with pytest.raises(Refused) as caught:
            await Connection.open(at(server.port))
    assert (caught.value.step, caught.value.retry, caught.value.after_s) == ("login", True, after_s)


@pytest.mark.parametrize(
    ("mechanism", "response"),
    [
        ("XOAUTH2", "user=an,na\1auth=Bearer good\1\1"),
        ("OAUTHBEARER", "n,a=an=2Cna,\1host=127.0.0.1\1port={port}\1auth=Bearer good\1\1"),
    ],
)
@pytest.mark.parametrize("able", [b"IMAP4rev1 SASL-IR", b"IMAP4rev1"])
async def test_a_token_is_taken(mechanism: Mechanism, response: str, able: bytes, into: Into) -> None:
    heard: list[str] = []

    async def by_steps(session: Session, tag: str, arguments: str) -> bytes:
        if " " not in arguments:  # no initial response: it is asked for
            await session.say(b"+ \r\n")
            arguments += " " + await session.line()
        judge = bearers("good", b"", heard)
        assert callable(judge)
        return await judge(session, tag, arguments)

    async with ScriptedImap({"AUTHENTICATE": by_steps}, able=able) as server:
        await into(server.port, user="an,na", auth=OAuth(mechanism, Tokens("good")))
        assert heard == [response.format(port=server.port)]


@pytest.mark.parametrize(("mechanism", "end"), [("XOAUTH2", ""), ("OAUTHBEARER", "AQ==")])
async def test_a_refused_token_says_why_and_another_is_tried(mechanism: Mechanism, end: str) -> None:
    heard: list[str] = []
    reason = json.dumps({"status": "401", "schemes": "bearer"}).encode()
    tokens = Tokens("old", "older")
    async with ScriptedImap({"AUTHENTICATE": bearers("good", reason, heard)}) as server:
        with pytest.raises(LoginRefused) as caught:
            await Connection.open(at(server.port, auth=OAuth(mechanism, tokens)))
    assert caught.value.words == '[AUTHENTICATIONFAILED] no {"status": "401", "schemes": "bearer"}'
    assert [heard[1], heard[3]] == [end, end]
    assert tokens.refused == ["old"]
    assert "old" not in str(caught.value)


async def test_a_refused_token_is_replaced_by_a_good_one(into: Into) -> None:
    async with ScriptedImap({"AUTHENTICATE": bearers("good", b"{}", [])}) as server:
        await (await into(server.port, auth=OAuth("XOAUTH2", Tokens("old", "good")))).noop()


async def test_without_a_token_the_step_is_the_token() -> None:
    async with ScriptedImap() as server:
        with pytest.raises(TokenFailed) as caught:
            await Connection.open(at(server.port, auth=OAuth("XOAUTH2", Tokens())))
    error = caught.value
    assert (error.step, error.words, error.retry, error.after_s) == ("token", "the consent was withdrawn", False, 300)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_both_loops_open_and_idle(loop: str, security: str, authority: Authority) -> None:
    """The product runs on uvloop, whose TLS is its own."""
    import uvloop

    async def talk() -> bool:
        context = authority.context("127.0.0.1")
        async with guarded(security, context) as server:
            endpoint = at(server.port, security=security, ca_file=authority.ca_file)
            async with await Connection.open(endpoint) as connection:
                await connection.select("INBOX")
                return await connection.idle_until(0.01)

    factory: Callable[[], asyncio.AbstractEventLoop] = (
        uvloop.new_event_loop if loop == "uvloop" else asyncio.new_event_loop
    )
    with asyncio.Runner(loop_factory=factory) as runner:
        assert not runner.run(talk())
