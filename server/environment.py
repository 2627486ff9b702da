"""The settings of this process as they may be shown: secrets hidden, passwords in addresses too."""

from __future__ import annotations

from dataclasses import dataclass, fields
from urllib.parse import urlsplit, urlunsplit

from server.settings import Settings, name_of

SECRET = ("secret_keys", "metrics_token")
WITH_PASSWORDS = ("database_url", "redis_url", "imap_url", "smtp_url")
HIDDEN = "••••"


@dataclass(frozen=True)
class Shown:
    """One variable; `given`: it is not the default."""

    name: str
    value: str
    given: bool
    help: str


def shown(settings: Settings) -> list[Shown]:
    """All of them, in the order of docs/settings.md."""
    return [
        Shown(
            name_of(each.name), _value(each.name, getattr(settings, each.name)),
            getattr(settings, each.name) != each.default, each.metadata["help"],
        )
        for each in fields(Settings)
    ]  # fmt: skip


def _value(name: str, value: object) -> str:
    if value in (None, "", (), False):
        return ""
    elif name in SECRET:
        return HIDDEN
    elif name in WITH_PASSWORDS:
        return _without_password(str(value))
    else:
        return "1" if value is True else str(value)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name, colon, _password = user.partition(":")
    hidden = f"{name}{colon}{HIDDEN if colon else ''}{at}{host}"
    query = HIDDEN if "password" in parts.query else parts.query
    return urlunsplit((parts.scheme, hidden, parts.path, query, ""))
