"""docs/reliability.md carries the last table; the part between its marks is written here, the rest by people."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from faults.state import Result
from faults.table import HEADINGS, broken, cells, notes, skipped

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reliability.md"
BEGIN, END = "<!-- written by make faults: begin -->", "<!-- written by make faults: end -->"


def write(results: Sequence[Result], command: str, page: Path = PAGE) -> None:
    """Puts the table between the marks; what was not played keeps its line. Raises ValueError when there are none."""
    text = page.read_text()
    if BEGIN not in text or END not in text:
        raise ValueError(f"{page.name} has no place for the table")
    head, rest = text.split(BEGIN, 1)
    before, after = rest.split(END, 1)
    page.write_text(head + BEGIN + "\n" + table(results, command, Before.of(before)) + END + after)


@dataclass(frozen=True)
class Before:
    """What the page said: lines by number and ground, what was said besides by title."""

    lines: Mapping[tuple[str, str], tuple[str, ...]]
    besides: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, text: str) -> Self:
        rows = [
            tuple(cell.strip() for cell in line.strip("|").split(" | "))
            for line in text.splitlines()
            if line[:1] == "|"
        ]
        lines = {}
        for row in rows[2:]:
            found = dict(zip(rows[0], row, strict=True))
            lines[found["#"], found["on"]] = tuple(found.get(heading, "-") for heading in HEADINGS)
        besides: dict[str, list[str]] = {}
        title = ""
        for line in text.splitlines():
            if line.startswith("- "):
                besides.setdefault(title, []).append(line[2:])
            elif line.endswith(":"):
                title = line[:-1]
        return cls(lines, besides)

    def keeps(self, result: Result) -> bool:
        return result.outcome is None and not result.skipped and (result.number, result.ground) in self.lines


def table(results: Sequence[Result], command: str, before: Before) -> str:
    """Date, machine, command, the table, and what is to be said besides."""
    days = sorted({each.when[:10] for each in results if each.outcome is not None})
    when = " to ".join(dict.fromkeys((days[0], days[-1]))) if days else "never"
    kept = [each for each in results if before.keeps(each)]
    old = {(each.number, each.ground): before.lines[each.number, each.ground] for each in kept}
    lines = [
        f"{when}, {os.cpu_count()} processors, {platform.system()} {_kernel()}, Python {platform.python_version()}, "
        f"`{command}`:",
        "",
        _line(HEADINGS),
        _line(tuple("---" for _ in HEADINGS)),
        *(_line(old.get((each.number, each.ground)) or cells(each)) for each in results),
    ]
    for title, said in (
        ("Measured besides", notes(results)), ("Broken", broken(results)), ("Not played", skipped(results))
    ):  # fmt: skip
        names = tuple(f"{each.number} {each.ground}: " for each in kept)
        said += [each for each in before.besides.get(title, ()) if each.startswith(names)]
        if said:
            lines += ["", f"{title}:", "", *(f"- {_plain(each)}" for each in said)]
    return "\n".join(lines) + "\n"


def _kernel() -> str:
    """Version without what a distribution or host adds."""
    return platform.release().split("-")[0]


def _line(of: Sequence[str]) -> str:
    return "| " + " | ".join(_plain(each) for each in of) + " |"


def _plain(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")
