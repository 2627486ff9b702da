"""A sentence that is said later, in the language of who reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sentence:
    """Why something cannot be taken: `msgid` with `values` in their places."""

    msgid: str
    values: Mapping[str, Any]

    def __str__(self) -> str:
        return self.msgid.format(**self.values)
