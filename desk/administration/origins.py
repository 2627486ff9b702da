"""Origins of web pages: scheme, host, port; the one spelling in which they are kept and compared."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from desk.administration.checking import Check

MOST = 50
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


def origin_of(text: str) -> str | None:
    """The origin as browsers write it (scheme, host, port if unusual); None when it is none, or says more."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
        host = _host(parts.hostname or "")
    except ValueError:
        return None
    more = parts.path or parts.query or parts.fragment or "?" in text or "#" in text or "@" in parts.netloc
    if parts.scheme not in ("http", "https") or not host or more or parts.netloc.endswith(":") or port == 0:
        return None
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if port is None or port == usual else f":{port}")


def read(check: Check, field: str, value: str) -> tuple[str, ...]:
    """One origin per line, each once; the first line that is none is told with what was probably meant."""
    found: list[str] = []
    for number, line in enumerate(value.splitlines(), start=1):
        if not line.strip():
            continue
        origin = origin_of(line)
        if origin is None and "*" in line:
            check.refuse(
                field, "Line {number} has a star: each page's origin is written out, for there may be no others.",
                number=number,
            )  # fmt: skip
        elif origin is None:
            check.refuse(
                field, "Line {number} is not an origin. An origin is scheme and host: {meant}",
                number=number, meant=_meant(line),
            )  # fmt: skip
        else:
            found.append(origin)
    if len(found) > MOST:
        check.refuse(field, "At most {most} origins fit one button; these are {count}.", most=MOST, count=len(found))
    return tuple(dict.fromkeys(found))


def _host(name: str) -> str:
    """A name in the letters of the wire (`bücher.example` is `xn--bcher-kva.example`), an address in its one spelling.

    Raises ValueError when it is neither.
    """
    if ":" in name:
        return f"[{ipaddress.IPv6Address(name).compressed}]"
    found = name if name.isascii() else name.encode("idna").decode()
    if re.fullmatch(r"[0-9.]+", found):
        return str(ipaddress.IPv4Address(found))
    return found if _HOST.fullmatch(found) else ""


def _meant(line: str) -> str:
    """The origin nearest to what was written."""
    text = line.strip()
    whole = text if "://" in text else f"https://{text}"
    scheme, _, rest = whole.partition("://")
    host = rest.split("/")[0].split("?")[0].split("#")[0].rpartition("@")[2]
    return origin_of(f"{scheme}://{host}") or "https://portal.example.com"
