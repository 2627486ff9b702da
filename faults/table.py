"""How results are printed and written. No faults here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from faults.state import Result

HEADINGS = (
    "#", "fault", "on", "done", "seeds", "lost", "doubled", "out of order", "back after", "promised", "verdict",
    "load", "version",
)  # fmt: skip


MOST = 5


def cells(result: Result) -> tuple[str, ...]:
    """One line of the table."""
    found = result.outcome
    load = "-" if result.load is None else f"{result.load:g}"
    if found is None:
        nothing = ("-" for _ in range(6))
        return (result.number, result.name, result.ground, *nothing, promised(result), result.verdict, load, "-")
    seeds = f"{result.first_seed}-{result.first_seed + found.seeds - 1}" if found.seeds > 1 else str(result.first_seed)
    back = f"{found.recovery_s:.2f} s" if found.recovery_s is not None else "-"
    done = str(found.done) if found.of is None else f"{found.done} of {found.of}"
    return (
        result.number, result.name, result.ground, done, seeds, str(found.lost), str(found.doubled),
        str(found.disordered), back, promised(result), result.verdict, load, result.version or "-",
    )  # fmt: skip


def promised(result: Result) -> str:
    """The promise in words and, where it is one, as a figure."""
    figure = f"{result.promise_s:g} s" if result.promise_s is not None else ""
    return ": ".join(each for each in (result.promise, figure) if each) or "-"


def render(results: Sequence[Result]) -> str:
    """A table for people; below it what was measured besides, what was broken, what could not be played."""
    lines = [HEADINGS, *(cells(each) for each in results)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    text.insert(1, "  ".join("-" * width for width in widths))
    text += notes(results) + broken(results)
    return "\n".join(text + framed(skipped(results)))


def notes(results: Sequence[Result]) -> list[str]:
    """What was measured besides."""
    return [f"{r.number} {r.ground}: {r.outcome.note}" for r in results if r.outcome is not None and r.outcome.note]


def broken(results: Sequence[Result]) -> list[str]:
    """The first promises of each row that did not hold; all of them are in the JSON."""
    return [
        f"{r.number} {r.ground}: {each}" for r in results if r.outcome is not None for each in _first(r.outcome.broken)
    ]


def _first(said: Sequence[str]) -> list[str]:
    return [*said[:MOST], *([f"and {len(said) - MOST} more"] if len(said) > MOST else [])]


def skipped(results: Sequence[Result]) -> list[str]:
    return [f"NOT PLAYED: {r.number} {r.name} ({r.ground}): {r.skipped}" for r in results if r.skipped]


def framed(lines: Sequence[str]) -> list[str]:
    """A block that nobody overlooks; nothing for nothing."""
    if not lines:
        return []
    width = max(len(line) for line in lines) + 2
    edge = "+" + "-" * width + "+"
    return [edge, *(f"| {line.ljust(width - 1)}|" for line in lines), edge]


def write_json(results: Sequence[Result], path: Path) -> None:
    """The results as JSON lines."""
    path.write_text("".join(json.dumps(each.as_json()) + "\n" for each in results))
