"""What a row of the matrix is, and the register of all of them. No faults here.

A file in faults/rows/ adds one by

    @row("7", "Redis is killed", on=(POSTGRES,), promise="shown in the other process", promise_s=1.0)
    async def redis_killed(ground: Ground, budget: Budget, seed: int) -> Outcome: ...
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uvloop

from tests.support.checker import disordered, doubled, lost

if TYPE_CHECKING:
    from faults.ground import Ground

SQLITE, POSTGRES = "SQLite, memory", "PostgreSQL, Redis"
"""The grounds a row is played on."""


class Skipped(Exception):
    """This machine cannot play the row; the text is one sentence that says what is missing."""


class Budget:
    """How long a row may take. One round is always played."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    @property
    def left_s(self) -> float:
        return self._ends - time.monotonic()

    @property
    def over(self) -> bool:
        return self.left_s <= 0


@dataclass
class Outcome:
    """What a row found. `broken`: every promise that did not hold, as a sentence."""

    done: int = 0
    """How often something was made to fail."""
    of: int | None = None
    """How often altogether, where the row is not whole with less."""
    seeds: int = 1
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    recovered_s: list[float] = field(default_factory=list)
    """How long it took whom, from the fault (or its end) until all was as before for them."""
    note: str = ""
    """What was measured besides, for the table."""
    broken: list[str] = field(default_factory=list)

    def judge(self, sentences: Iterable[str]) -> None:
        """Counts what the checker says."""
        for each in sentences:
            self.lost += lost(each)
            self.doubled += doubled(each)
            self.disordered += disordered(each)
            self.broken.append(each)

    def must(self, holds: bool, sentence: str) -> None:
        """A promise of the row itself."""
        if not holds:
            self.broken.append(sentence)

    @property
    def recovery_s(self) -> float | None:
        """What 99 of 100 needed at most; of fewer than a hundred, the slowest."""
        found = sorted(self.recovered_s)
        return found[max(0, -(-len(found) * 99 // 100) - 1)] if found else None


Run = Callable[["Ground", Budget, int], Outcome]


@dataclass(frozen=True)
class Row:
    """One line of the matrix. `promise_s`: the figure that the time to recover is held to."""

    number: str
    name: str
    on: tuple[str, ...]
    run: Run
    promise: str = ""
    promise_s: float | None = None
    least_s: float = 5.0
    """It is not begun with less than this."""
    most_s: float | None = None
    """It has no use for more than this."""

    @property
    def place(self) -> tuple[int, str]:
        """Sorts as the matrix counts; what has no number comes last."""
        digits = self.number.rstrip("abcdefghijklmnopqrstuvwxyz")
        return (int(digits) if digits else 1000, self.number)


_rows: list[Row] = []


def row(
    number: str, name: str, *, on: Sequence[str] = (SQLITE, POSTGRES), **more: Any
) -> Callable[[Callable[..., Outcome | Awaitable[Outcome]]], Callable[..., Outcome | Awaitable[Outcome]]]:
    """Registers `run(ground, budget, seed)`, which may be a coroutine function."""

    def register(play: Callable[..., Any]) -> Callable[..., Any]:
        def run(ground: Ground, budget: Budget, seed: int) -> Outcome:
            found = play(ground, budget, seed)
            outcome: Outcome = uvloop.run(found) if inspect.iscoroutine(found) else found
            return outcome

        _rows.append(Row(number, name, tuple(on), run, **more))
        return play

    return register


def rows() -> list[Row]:
    """All of them, in the matrix's order."""
    from faults import rows as folder

    for module in pkgutil.iter_modules(folder.__path__):
        importlib.import_module(f"faults.rows.{module.name}")
    return sorted(_rows, key=lambda each: each.place)


def tell(sentence: str) -> None:
    """What is being done, for who watches."""
    print(f"    {sentence}", file=sys.stderr, flush=True)
