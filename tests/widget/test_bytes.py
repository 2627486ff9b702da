"""The widget's weight, as it is sent: gzip -9, one file after the other."""

from __future__ import annotations

import gzip
from pathlib import Path

from server.squeeze import widget_files

ROOT = Path(__file__).parents[2]
LOADER_BYTES = 3_000
ALL_BYTES = 25_000


def weight(content: bytes) -> int:
    return len(gzip.compress(content, 9))


def test_the_loader_weighs_at_most_three_kilobytes() -> None:
    assert weight(widget_files(ROOT / "widget" / "static")["loader.js"]) <= LOADER_BYTES


def test_everything_that_opens_a_chat_weighs_at_most_twenty_five_kilobytes() -> None:
    files = widget_files(ROOT / "widget" / "static")
    files["frame.html"] = (ROOT / "server" / "templates" / "widget" / "frame.html").read_bytes()
    weights = {name: weight(content) for name, content in files.items()}
    assert sum(weights.values()) <= ALL_BYTES, weights
