"""The one way in which the desk asks addresses that others give it: of public hosts alone, on the web's own ports.

Whoever can make the desk fetch something could else look at what stands beside it: its record, a router, a cloud's
metadata. A name is looked up once and the connection goes to an address that was judged, so that no name can answer
twice; each redirect is judged again, as it opens a connection like any other.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Iterable
from http.cookiejar import DefaultCookiePolicy

import httpcore2
import httpx2

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Judge = Callable[[Address, int], bool]
PORTS = (80, 443)
TIMEOUT_S = 5.0
MOST_CONNECTIONS = 20
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: Address, port: int) -> bool:
    """Whether anybody could ask it, on a port of the web. What holds an IPv4 address inside is judged by that."""
    if isinstance(address, ipaddress.IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inside is not None:
            return is_public(inside, port)
    return port in PORTS and address.is_global and not address.is_multicast


class _Judged(httpcore2.AsyncNetworkBackend):
    """Connects to what the judge lets pass."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Raises ConnectError for a name that has one address that is refused: such names are made to get in."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # TimeoutError too
            raise httpcore2.ConnectError("The name is not known.") from error
        addresses = [ipaddress.ip_address(each[4][0]) for each in found]
        if not addresses or not all(self._judge(each, port) for each in addresses):
            raise httpcore2.ConnectError("This address is not public.")
        return await self._inner.connect_tcp(str(addresses[0]), port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Of the pool."""
        await self._inner.sleep(seconds)


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """For an AsyncClient; knows of no proxy and of no Unix socket."""

    def __init__(self, judge: Judge = is_public) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpx2.create_ssl_context(trust_env=False),
            max_connections=MOST_CONNECTIONS,
            keepalive_expiry=TIMEOUT_S,
            network_backend=_Judged(judge),
        )


def client(judge: Judge = is_public) -> httpx2.AsyncClient:
    """Without cookies, and following few redirects. To be closed."""
    made = httpx2.AsyncClient(
        transport=GuardedTransport(judge),
        timeout=TIMEOUT_S,
        follow_redirects=True,
        max_redirects=3,
        headers={"User-Agent": "Vipdesk", "Accept-Encoding": "identity"},
    )
    made.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))  # also none from one redirect to the next
    return made
