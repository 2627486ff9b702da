"""How pages write what the record holds: instants, browsers."""

from __future__ import annotations

from server.pages.texts import _
from store.times import instant

_BROWSERS = (
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = ("iPhone", "iPad", "Android", "Windows", "Mac OS", "Linux")


def said_at(at: int) -> str:
    """An instant of the record, to the minute."""
    return f"{instant(at):%Y-%m-%d %H:%M} UTC"


def device(agent: str) -> str:
    """A browser in two words, as well as can be told from what it calls itself."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for name in _SYSTEMS if name in agent), "")
    return ", ".join(each for each in (browser, system) if each) or agent[:40] or _("unknown")
