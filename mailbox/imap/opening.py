"""From an address to a connection that is logged in, step by step, so that a failure can name its step."""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import Awaitable
from typing import TypeVar

from mailbox import dialing
from mailbox.errors import LoginRefused, Lost, Untrusted, hint
from mailbox.imap import answers
from mailbox.imap.command import Command, Limits, challenge_words
from mailbox.imap.endpoint import Endpoint, OAuth, Password
from mailbox.imap.errors import Refused, code
from mailbox.imap.names import quoted
from mailbox.imap.protocol import AUTH, NONAUTH, Protocol
from mailbox.oauth import bearer

T = TypeVar("T")
PASSING = {"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "OVERQUOTA", "THROTTLED"}
"""Codes of a NO to a login that is not about the user or the secret (RFC 5530, and Google's)."""
CROWDED = re.compile(r"too many (simultaneous )?connections", re.IGNORECASE)
"""The same in words, where the code says nothing."""


async def opened(endpoint: Endpoint, limits: Limits) -> tuple[Protocol, set[str]]:
    """Connected and logged in; what the server can do after login. Raises MailError. Cancelled, it leaves nothing."""
    protocol = await _connected(endpoint, limits)
    try:
        await protocol.greeting()
        if endpoint.security == "starttls":
            await _encrypted(protocol, endpoint)
        able = await _capabilities(protocol)
        if protocol.state == NONAUTH:
            await _logged_in(protocol, endpoint, able)
        return protocol, await _capabilities(protocol)  # what counts is told after login only
    except BaseException:
        protocol.give_up("not opened")
        raise


# Connecting -----------------------------------------------------------------------------------------------------------


async def _connected(endpoint: Endpoint, limits: Limits) -> Protocol:
    in_clear = endpoint.security == "plain"
    plain = await dialing.reached(endpoint.host, endpoint.port, plain=in_clear, seconds=limits.connect_s)
    loop = asyncio.get_running_loop()
    try:
        if endpoint.security == "tls":
            made = loop.create_connection(
                lambda: Protocol(limits),
                sock=plain,
                ssl=dialing.trust(endpoint.ca_file),
                server_hostname=endpoint.host,
                ssl_handshake_timeout=limits.connect_s,
            )
        else:
            made = loop.create_connection(lambda: Protocol(limits), sock=plain)
        return (await _in_tls(made))[1]
    except BaseException:
        plain.close()
        raise


async def _in_tls(made: Awaitable[T]) -> T:
    try:
        return await made
    except ssl.SSLCertVerificationError as error:
        raise Untrusted("tls", error.verify_message or str(error)) from error
    except ssl.SSLError as error:
        raise Untrusted("tls", f"{error.reason or error}: does this port speak TLS?") from error
    except (OSError, TimeoutError) as error:
        raise Lost("tls", str(error) or "no answer") from error


async def _encrypted(protocol: Protocol, endpoint: Endpoint) -> None:
    """STARTTLS, or nothing: a password never goes over the plain connection instead."""
    try:
        await protocol.ask("tls", "STARTTLS")
    except Refused as error:
        raise Untrusted("tls", f"the server refuses STARTTLS: {error.words}") from error
    await _in_tls(protocol.encrypt(dialing.trust(endpoint.ca_file), endpoint.host))


# Logging in -----------------------------------------------------------------------------------------------------------


async def _capabilities(protocol: Protocol) -> set[str]:
    command = await protocol.ask("login", "CAPABILITY")
    return set().union(*map(answers.capabilities, command.answers))


async def _logged_in(protocol: Protocol, endpoint: Endpoint, able: set[str]) -> None:
    if isinstance(endpoint.auth, Password):
        command = await _by_password(protocol, endpoint.user, endpoint.auth.secret, able)
    else:
        command = await _by_token(protocol, endpoint, endpoint.auth, able)
    if command.result == "OK":
        protocol.state = AUTH
    else:
        words = " ".join(filter(None, [command.words, challenge_words(command.challenge)]))
        raise Refused("login", words) if _passing(words) else LoginRefused("login", words)


def _passing(words: str) -> bool:
    return code(words) in PASSING or CROWDED.search(words) is not None or hint(words) is not None


async def _by_password(protocol: Protocol, user: str, secret: str, able: set[str]) -> Command:
    ascii_only = (user + secret).isascii()
    if "AUTH=PLAIN" in able and not (ascii_only and "LOGINDISABLED" not in able):
        return await _authenticated(protocol, "PLAIN", f"\0{user}\0{secret}", able)
    elif "LOGINDISABLED" in able:
        raise LoginRefused("login", "the server takes no password on this connection (LOGINDISABLED)")
    else:
        return await protocol.hear("login", "LOGIN", quoted(user), quoted(secret))


async def _by_token(protocol: Protocol, endpoint: Endpoint, auth: OAuth, able: set[str]) -> Command:
    """With the token at hand; with a new one when that is refused."""
    token = await auth.tokens.token()
    command = await _authenticated(protocol, auth.mechanism, _bearer(endpoint, auth, token), able)
    if command.result != "OK" and not _passing(command.words):
        auth.tokens.forget(token)
        newer = await auth.tokens.token()
        if newer != token:
            command = await _authenticated(protocol, auth.mechanism, _bearer(endpoint, auth, newer), able)
    return command


def _bearer(endpoint: Endpoint, auth: OAuth, token: str) -> str:
    return bearer(auth.mechanism, endpoint.user, endpoint.host, endpoint.port, token)


async def _authenticated(protocol: Protocol, mechanism: str, response: str, able: set[str]) -> Command:
    encoded = base64.b64encode(response.encode())
    if "SASL-IR" in able:
        return await protocol.hear("login", "AUTHENTICATE", mechanism, encoded.decode())
    else:
        return await protocol.hear("login", "AUTHENTICATE", mechanism, sends=(encoded,))
