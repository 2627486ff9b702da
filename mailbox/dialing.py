"""From a host's name to a socket that is connected, and whose certificates are trusted there: for IMAP and SMTP."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import ssl
from typing import Any

from mailbox.errors import Unreachable, Untrusted

Address = tuple[socket.AddressFamily, tuple[Any, ...]]


async def reached(host: str, port: int, *, plain: bool, seconds: float) -> socket.socket:
    """Connected to the first address that answers, each step within so many seconds. `plain`: nothing will be
    encrypted, which is for this machine only. Raises Unreachable, Untrusted. Cancelled, it leaves nothing open.
    """
    addresses = await _resolved(host, port, seconds)
    if plain and not all(_is_here(address) for _, address in addresses):
        raise Untrusted("tls", f"without TLS only to this machine, which {host} is not")
    failed = "no address"
    for family, address in addresses:
        try:
            return await _connected_to(family, address, seconds)
        except TimeoutError:
            failed = f"{address[0]} port {address[1]}: no answer for {seconds:g} s"
        except OSError as error:
            failed = f"{address[0]} port {address[1]}: {os.strerror(error.errno) if error.errno else error}"
    raise Unreachable("connect", failed)


def trust(ca_file: str | None) -> ssl.SSLContext:
    """Of a client; `ca_file`: the only certificates trusted, None = those of the system. Raises Untrusted."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise Untrusted("tls", f"{ca_file}: {error}") from error


async def _resolved(host: str, port: int, seconds: float) -> list[Address]:
    try:
        async with asyncio.timeout(seconds):
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
            )
    except TimeoutError:
        raise Unreachable("resolve", f"no answer for {seconds:g} s about {host}") from None
    except (OSError, UnicodeError) as error:
        raise Unreachable("resolve", f"{host}: {error}") from error
    return [(family, address) for family, _, _, _, address in found]


def _is_here(address: tuple[Any, ...]) -> bool:
    return ipaddress.ip_address(address[0].partition("%")[0]).is_loopback


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
