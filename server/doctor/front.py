"""The address that browsers use: reached from here, by the way they come, with a certificate and sockets."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from server.doctor.finding import Finding
from server.settings import Settings

LEAST_DAYS = 14
PATIENCE_S = 5.0
PAGE = "/login"


def front(settings: Settings) -> Iterator[Finding]:
    """Nothing where nobody set an address: then the desk itself is what browsers reach."""
    if not settings.public_url:
        return
    if urlsplit(settings.base_url).scheme == "https" and not settings.trusted_proxies:
        yield Finding(
            "VIPDESK_TRUSTED_PROXIES is not set, so every visitor counts as the proxy.",
            "Set it to the address from which the proxy comes; on this machine 127.0.0.1.",
        )
    try:
        yield from _certificate(settings.base_url)
        status, words = _asked(settings.base_url, "GET", PAGE, {})
    except ssl.SSLCertVerificationError as error:
        yield Finding(
            f"Browsers will not trust the certificate of {settings.base_url}: {error.verify_message}.",
            "Give the proxy a valid certificate for this name, with the whole chain.",
        )
        return
    except (OSError, http.client.HTTPException) as error:
        yield Finding(
            f"{settings.base_url} cannot be reached from here: {_said(error)}.",
            "Start the desk and the proxy; look at VIPDESK_PUBLIC_URL, the name, the firewall.",
        )
        return
    if status == 200:
        yield from _sockets(settings.base_url)
    elif status == 400 and "by that name" in words:
        yield Finding(
            f"{settings.base_url} leads to the desk under another name.", "The proxy must pass on the header Host."
        )
    else:
        yield Finding(
            f"{settings.base_url}{PAGE} answers {status}, not the desk's page.",
            "502 to 504: the proxy does not reach the desk. Else: something other than the desk answers there.",
        )


def _certificate(url: str) -> Iterator[Finding]:
    where = urlsplit(url)
    if where.scheme != "https":
        return
    address = (where.hostname or "", where.port or 443)
    with (
        socket.create_connection(address, timeout=PATIENCE_S) as plain,
        ssl.create_default_context().wrap_socket(plain, server_hostname=where.hostname) as line,
    ):
        ends = ssl.cert_time_to_seconds(str((line.getpeercert() or {})["notAfter"]))
    days = int((ends - time.time()) // 86400)
    if days < LEAST_DAYS:
        yield Finding(f"The certificate of {url} ends in {days} days.", "Renew it, and reload the proxy.")


def _sockets(url: str) -> Iterator[Finding]:
    """An opening handshake (RFC 6455, section 4.1); the desk accepts before it knows who comes."""
    asks = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": "vipdesk.1", "Origin": url,
    }  # fmt: skip
    try:
        status, _ = _asked(url, "GET", "/ws/contact", asks)
    except (OSError, http.client.HTTPException):
        status = 0
    if status != 101:
        yield Finding(
            f"WebSockets do not come through to the desk: {status or 'no answer'} instead of 101.",
            "The proxy must pass Upgrade and Connection on, by HTTP/1.1; until then chats use the slower way.",
        )


def _asked(url: str, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
    where = urlsplit(url)
    kind = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
    line = kind(where.netloc, timeout=PATIENCE_S)
    try:
        line.request(method, path, headers=headers)
        answer = line.getresponse()
        return answer.status, "" if answer.status == 101 else answer.read(65536).decode(errors="replace")
    finally:
        line.close()


def _said(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
