"""Every setting of the desk: environment variables named VIPDESK_…, each with a sentence of help."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from server.mail_urls import servers

PREFIX = "VIPDESK_"
DATA = Path("var")


class SettingError(Exception):
    """A setting cannot be used; the text is one sentence that says which and why."""


def _setting(default: Any, help: str) -> Any:
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True)
class Settings:
    """Made once at start; `load` reads the environment."""

    port: int = _setting(
        8000, "Port on which web listens; in a demo, when it was not set and is taken, the next free one."
    )
    host: str = _setting("127.0.0.1", "Address on which web listens.")
    data: Path = _setting(
        DATA, "Folder of the SQLite record, the files and, unless VIPDESK_SECRET_KEYS is set, the secret key."
    )
    public_url: str = _setting("", "Address under which browsers reach the desk; needed behind a proxy.")
    public_demo: bool = _setting(False, "Set to 1 to let a demo listen on an address that others can reach.")
    database_url: str = _setting(
        "", "postgresql://… for a desk of several processes; empty: SQLite in the data folder."
    )
    redis_url: str = _setting("", "redis://… for a desk of several processes; empty: memory of the one process.")
    redis_prefix: str = _setting("vipdesk:", "Begin of every key and channel in Redis.")
    clock: datetime | None = _setting(None, "Instant at which a demo begins, such as 2026-03-04T08:59:50Z.")
    secret_keys: tuple[str, ...] = _setting((), "Keys that seal secrets, separated by commas, the newest first.")
    trusted_proxies: str = _setting("", "Addresses of proxies whose X-Forwarded-For is believed, separated by commas.")
    metrics_token: str = _setting(
        "", "What /metrics wants as bearer token; empty: it answers this machine only, and nobody through a proxy."
    )
    clamd: str = _setting(
        "", "ClamAV's clamd, by the path of its socket or host:port; files are held until it has looked at them."
    )
    frame_rate: float = _setting(20.0, "Frames a second that one socket may send for long.")
    frame_burst: int = _setting(40, "Frames that one socket may send at once.")
    lines_per_address: int = _setting(
        200,
        "Lines that one network address (with IPv6 a /64) may have open in a process, this machine any; 0: no limit.",
    )
    mail_address: str = _setting(
        "",
        "Mail address of the pool, read at VIPDESK_IMAP_URL: a mailbox that is made at the start, or changed.",
    )
    imap_url: str = _setting(
        "", "imaps://user:password@host:port/folder, or imap+starttls://; imap:// for a server on this machine."
    )
    smtp_url: str = _setting(
        "", "smtps://user:password@host:port, or smtp+starttls://; smtp:// for a server on this machine."
    )
    probe_minutes: int = _setting(
        15, "Minutes between two mails that a mailbox sends to itself, to see that mail comes through; 0: none."
    )
    log_level: str = _setting("info", "debug, info, warning or error.")
    log_format: str = _setting("text", "text for people, json for programs.")

    @property
    def record_url(self) -> str:
        """What `open_record` takes."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'vipdesk.db'}"

    @property
    def base_url(self) -> str:
        """The desk's own address, without a slash at its end."""
        return self.public_url.rstrip("/") or f"http://{_in_url(self.host)}:{self.port}"

    @property
    def is_private(self) -> bool:
        """True when nobody but this machine can reach it."""
        return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this process. Raises SettingError."""
    given: dict[str, Any] = {}
    for each in fields(Settings):
        text = environment.get(name_of(each.name), "").strip()
        if text:
            given[each.name] = _read(each.name, text)
    settings = Settings(**given)
    _check(settings)
    return settings


def name_of(field_name: str) -> str:
    """The variable of a field."""
    return PREFIX + field_name.upper()


def _read(name: str, text: str) -> Any:
    try:
        return _READERS.get(name, str)(text)
    except (ValueError, TypeError) as error:
        why = _WHY.get(name, str(error))
        raise SettingError(f"{name_of(name)} cannot be {text!r}: {why}.") from error


def _check(settings: Settings) -> None:
    try:
        _ = settings.is_private
    except ValueError as error:
        raise SettingError("VIPDESK_HOST must be an address such as 127.0.0.1, or localhost.") from error
    if settings.public_url:
        parts = urlsplit(settings.public_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise SettingError("VIPDESK_PUBLIC_URL must be scheme and host, such as https://desk.example.org.")
    for name, schemes in (("database_url", ("postgresql", "postgres")), ("redis_url", ("redis", "rediss", "unix"))):
        given = getattr(settings, name)
        if given and given.partition("://")[0] not in schemes:  # it may hold a password: not said again
            raise SettingError(f"{name_of(name)} must be an address that begins with {schemes[0]}://.")
    try:
        servers(settings.mail_address, settings.imap_url, settings.smtp_url)
    except ValueError as error:
        raise SettingError(str(error)) from error


def _whole(least: int, most: int) -> Any:
    def read(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise ValueError(f"it must be {least} to {most}")
        return value

    return read


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1_000_000:
        raise ValueError("it must be more than 0")
    return value


def _instant(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError("it needs its zone, such as a Z at the end")
    return value.astimezone(UTC)


def _scanner(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not text.startswith("/") and not (host and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError
    return text


def _one_of(*choices: str) -> Any:
    def read(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(f"it must be one of {', '.join(choices)}")
        return text.lower()

    return read


_READERS: dict[str, Any] = {
    "port": _whole(1, 65535),
    "data": Path,
    "public_demo": lambda text: text.lower() in ("1", "yes", "true", "on"),
    "clock": _instant,
    "clamd": _scanner,
    "secret_keys": lambda text: tuple(key.strip() for key in text.split(",") if key.strip()),
    "frame_rate": _positive,
    "frame_burst": _whole(1, 100_000),
    "lines_per_address": _whole(0, 1_000_000),
    "probe_minutes": _whole(0, 1440),
    "log_level": _one_of("debug", "info", "warning", "error"),
    "log_format": _one_of("text", "json"),
}


_WHY = {
    "port": "it must be a number from 1 to 65535",
    "clock": "it must be an instant with its zone, such as 2026-03-04T08:59:50Z",
    "clamd": "it must be the path of a socket, or a host and a port as in 127.0.0.1:3310",
    "frame_rate": "it must be a number more than 0",
    "frame_burst": "it must be a number from 1 to 100000",
    "probe_minutes": "it must be a number from 0 to 1440",
    "lines_per_address": "it must be a number from 0 to 1000000",
}
"""In our own words, where a reader's own error is Python's."""


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
