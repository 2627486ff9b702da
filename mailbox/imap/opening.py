"""From an address to a connection that is logged in, step by step, so that a failure can name its step."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import os
import re
import socket
import ssl
from collections.abc import Awaitable
from typing import Any, TypeVar

from mailbox.imap import answers
from mailbox.imap.command import Command, Limits, challenge_words
from mailbox.imap.endpoint import Endpoint, OAuth, Password
from mailbox.imap.errors import LoginRefused, Lost, Refused, TokenFailed, Unreachable, Untrusted, code, hint
from mailbox.imap.names import quoted
from mailbox.imap.protocol import AUTH, NONAUTH, Protocol
from mailbox.oauth import TokenError

T = TypeVar("T")
Address = tuple[socket.AddressFamily, tuple[Any, ...]]
PASSING = {"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "OVERQUOTA", "THROTTLED"}
"""Codes of a NO to a login that is not about the user or the secret (RFC 5530, and Google's)."""
CROWDED = re.compile(r"too many (simultaneous )?connections", re.IGNORECASE)
"""The same in words, where the code says nothing."""


async def opened(endpoint: Endpoint, limits: Limits) -> tuple[Protocol, set[str]]:
    """Connected and logged in; what the server can do after login. Raises ImapError. Cancelled, it leaves nothing."""
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
    addresses = await _resolved(endpoint, limits)
    if endpoint.security == "plain" and not all(_is_here(address) for _, address in addresses):
        raise Untrusted("tls", f"without TLS only to this machine, which {endpoint.host} is not")
    plain = await _reached(addresses, limits)
    loop = asyncio.get_running_loop()
    try:
        if endpoint.security == "tls":
            made = loop.create_connection(
                lambda: Protocol(limits),
                sock=plain,
                ssl=_trust(endpoint),
                server_hostname=endpoint.host,
                ssl_handshake_timeout=limits.connect_s,
            )
        else:
            made = loop.create_connection(lambda: Protocol(limits), sock=plain)
        return (await _in_tls(made))[1]
    except BaseException:
        plain.close()
        raise


async def _resolved(endpoint: Endpoint, limits: Limits) -> list[Address]:
    try:
        async with asyncio.timeout(limits.connect_s):
            found = await asyncio.get_running_loop().getaddrinfo(
                endpoint.host, endpoint.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
            )
    except TimeoutError:
        raise Unreachable("resolve", f"no answer for {limits.connect_s:g} s about {endpoint.host}") from None
    except (OSError, UnicodeError) as error:
        raise Unreachable("resolve", f"{endpoint.host}: {error}") from error
    return [(family, address) for family, _, _, _, address in found]


def _is_here(address: tuple[Any, ...]) -> bool:
    return ipaddress.ip_address(address[0].partition("%")[0]).is_loopback


async def _reached(addresses: list[Address], limits: Limits) -> socket.socket:
    """Connected to the first address that answers."""
    failed = "no address"
    for family, address in addresses:
        try:
            return await _connected_to(family, address, limits.connect_s)
        except TimeoutError:
            failed = f"{address[0]} port {address[1]}: no answer for {limits.connect_s:g} s"
        except OSError as error:
            failed = f"{address[0]} port {address[1]}: {os.strerror(error.errno) if error.errno else error}"
    raise Unreachable("connect", failed)


async def _connected_to(family: socket.AddressFamily, address: tuple[Any, ...], seconds: float) -> socket.socket:
    plain = socket.socket(family, socket.SOCK_STREAM)
    try:
        plain.setblocking(False)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(plain, address)
        return plain
    except BaseException:
        plain.close()
        raise


def _trust(endpoint: Endpoint) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=endpoint.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise Untrusted("tls", f"{endpoint.ca_file}: {error}") from error


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
    await _in_tls(protocol.encrypt(_trust(endpoint), endpoint.host))


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
    token = await _token(auth)
    command = await _authenticated(protocol, auth.mechanism, _bearer(endpoint, auth, token), able)
    if command.result != "OK" and not _passing(command.words):
        auth.tokens.forget(token)
        newer = await _token(auth)
        if newer != token:
            command = await _authenticated(protocol, auth.mechanism, _bearer(endpoint, auth, newer), able)
    return command


async def _token(auth: OAuth) -> str:
    try:
        return await auth.tokens.token()
    except TokenError as error:
        raise TokenFailed(error.words, retry=error.retry, after_s=error.after_s) from error


def _bearer(endpoint: Endpoint, auth: OAuth, token: str) -> str:
    if auth.mechanism == "XOAUTH2":
        return f"user={endpoint.user}\1auth=Bearer {token}\1\1"
    else:
        user = endpoint.user.replace("=", "=3D").replace(",", "=2C")
        return f"n,a={user},\1host={endpoint.host}\1port={endpoint.port}\1auth=Bearer {token}\1\1"


async def _authenticated(protocol: Protocol, mechanism: str, response: str, able: set[str]) -> Command:
    encoded = base64.b64encode(response.encode())
    if "SASL-IR" in able:
        return await protocol.hear("login", "AUTHENTICATE", mechanism, encoded.decode())
    else:
        return await protocol.hear("login", "AUTHENTICATE", mechanism, sends=(encoded,))
