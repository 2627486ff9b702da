"""The widget's weight: what the running desk really sends for a press, each answer under gzip -9."""

from __future__ import annotations

import gzip
import re
import urllib.request

from tests.support.running import RunningDesk
from tests.widget.portal import KEY

LOADER_BYTES = 3_000
ALL_BYTES = 25_000


def sent(url: str) -> bytes:
    """The answer, unpacked."""
    request = urllib.request.Request(url, headers={"Sec-Fetch-Dest": "iframe"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        body: bytes = answer.read()
        return body


def weight(content: bytes) -> int:
    return len(gzip.compress(content, 9))


def test_the_loader_weighs_at_most_three_kilobytes(desk: RunningDesk) -> None:
    assert weight(sent(f"{desk.origin}/w/{KEY}.js")) <= LOADER_BYTES


def test_everything_that_opens_a_chat_weighs_at_most_twenty_five_kilobytes(desk: RunningDesk) -> None:
    page = sent(f"{desk.origin}/b/{KEY}")
    named = re.findall(r'(?:src|href|data-texts)="(/[^"]+)"', page.decode())
    assert [path.rsplit("/")[-1] for path in named] == ["chat.js"]
    bodies = {path: sent(desk.origin + path) for path in named} | {"loader": sent(f"{desk.origin}/w/{KEY}.js")}
    assert b"import" not in bodies[next(path for path in named if path.endswith("chat.js"))].split(b"\n")[0]
    weights = {name: weight(body) for name, body in bodies.items()} | {"page": weight(page)}
    assert sum(weights.values()) <= ALL_BYTES, weights
