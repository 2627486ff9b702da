"""Origins of web pages: scheme, host, port; the one spelling in which they are kept and compared."""

from __future__ import annotations

from urllib.parse import urlsplit

from desk.administration.checking import Check

MOST = 50


def origin_of(text: str) -> str | None:
    """The origin in its one spelling (scheme, host, port if unusual); None when it is none, or says more."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        return None
    rest = parts.path or parts.query or parts.fragment or parts.username or parts.password
    if parts.scheme not in ("http", "https") or not parts.hostname or rest:
        return None
    if not all(sign.isalnum() or sign in ".-:" for sign in parts.hostname):
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if port is None or port == usual else f":{port}")


def read(check: Check, field: str, value: str) -> tuple[str, ...]:
    """One origin per line, each once; the first line that is none is told with what was probably meant."""
    found: list[str] = []
    for number, line in enumerate(value.splitlines(), start=1):
        if not line.strip():
            continue
        origin = origin_of(line)
        if origin is None:
            check.refuse(
                field, "Line {number} is not an origin. An origin is scheme and host: {meant}",
                number=number, meant=_meant(line),
            )  # fmt: skip
        else:
            found.append(origin)
    if len(found) > MOST:
        check.refuse(field, "At most {most} origins fit one button; these are {count}.", most=MOST, count=len(found))
    return tuple(dict.fromkeys(found))


def _meant(line: str) -> str:
    """The origin nearest to what was written."""
    text = line.strip()
    whole = text if "://" in text else f"https://{text}"
    scheme, _, rest = whole.partition("://")
    host = rest.split("/")[0].split("?")[0].split("#")[0].rpartition("@")[2]
    return origin_of(f"{scheme}://{host}") or "https://portal.example.com"
