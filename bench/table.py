"""What a benchmark row is, how it is judged, printed and written. No measuring here."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One figure beside its baseline.

    `ratios` are figure / baseline of each A/B pair; the verdict looks at their median. `goal` is the bound wished for,
    `floor` the bound promised; `at_most` says in which direction they bind.
    """

    name: str
    figure: float
    unit: str
    baseline: float | None = None
    baseline_name: str = ""
    ratios: tuple[float, ...] = ()
    goal: float | None = None
    floor: float | None = None
    at_most: bool = True
    note: str = ""

    @property
    def judged(self) -> float:
        """The number that goal and floor speak of: the median ratio, else the figure itself."""
        if self.ratios:
            value = statistics.median(self.ratios)
        else:
            value = self.figure
        return value

    @property
    def verdict(self) -> str:
        """`goal`, `floor` (the promise holds, the goal does not), `missed`, or `-` where nothing was promised."""
        if self.goal is None and self.floor is None:
            return "-"
        if self.goal is not None and self._holds(self.goal):
            return "goal"
        if self.floor is not None and self._holds(self.floor):
            return "floor"
        return "missed"

    def _holds(self, bound: float) -> bool:
        if self.at_most:
            holds = self.judged <= bound
        else:
            holds = self.judged >= bound
        return holds


def median(values: Sequence[float]) -> float:
    """The middle value; `nan` of nothing."""
    return statistics.median(values) if values else float("nan")


def quantile(sorted_values: Sequence[float], q: float) -> float:
    """The value below which the share `q` of the sorted values lies (nearest rank)."""
    if not sorted_values:
        return float("nan")
    rank = min(len(sorted_values) - 1, max(0, round(q * len(sorted_values)) - 1))
    return sorted_values[rank]


BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"
HEADINGS = ("name", "figure", "baseline", "ratio min/med/max", "goal", "floor", "verdict")


def render(rows: Sequence[Row]) -> str:
    """A table for people, one row a line."""
    cells = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    notes = [f"{row.name}: {row.note}" for row in rows if row.note]
    return "\n".join([*lines, *notes])


def _cells(row: Row) -> tuple[str, ...]:
    sign = "<=" if row.at_most else ">="
    return (
        row.name,
        f"{_short(row.figure)} {row.unit}",
        "" if row.baseline is None else f"{_short(row.baseline)} {row.unit} ({row.baseline_name})",
        "/".join(f"{value:.2f}" for value in (min(row.ratios), row.judged, max(row.ratios))) if row.ratios else "",
        "" if row.goal is None else f"{sign} {_short(row.goal)}",
        "" if row.floor is None else f"{sign} {_short(row.floor)}",
        row.verdict,
    )


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def write_json(rows: Sequence[Row], path: Path) -> None:
    """The rows as JSON lines."""
    path.write_text(
        "".join(json.dumps(asdict(row) | {"judged": row.judged, "verdict": row.verdict}) + "\n" for row in rows)
    )


def write_page(rows: Sequence[Row], page: Path, command: str) -> None:
    """Puts the table with date, machine and command into a Markdown page, between its two marks.

    Raises ValueError when the page has none.
    """
    text = page.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} has no marks {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n{_markdown(rows, command)}\n{END}{after}")


def _markdown(rows: Sequence[Row], command: str) -> str:
    lines = [HEADINGS, *(_cells(row) for row in rows)]
    table = ["| " + " | ".join(cells) + " |" for cells in lines]
    table.insert(1, "|---" * len(HEADINGS) + "|")
    notes = [f"- {row.name}: {row.note}" for row in rows if row.note]
    when = f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC, {_machine()}; `{command}`."
    return "\n".join([when, "", *table, *(["", *notes] if notes else [])])


def _machine() -> str:
    """What the figures depend on."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    model = models[0].partition(":")[2].strip() if models else platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{len(os.sched_getaffinity(0))} x {model}, {memory:.0f} GiB, Linux {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, load average {load:.1f} at the end"
    )
