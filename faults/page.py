"""docs/reliability.md carries the last table; the part between its marks is written here, the rest by people."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from faults.state import Result
from faults.table import HEADINGS, broken, cells, notes, skipped

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reliability.md"
BEGIN, END = "<!-- written by make faults: begin -->", "<!-- written by make faults: end -->"


def write(results: Sequence[Result], command: str, page: Path = PAGE) -> None:
    """Puts the table between the marks. Raises ValueError when there are none."""
    text = page.read_text()
    if BEGIN not in text or END not in text:
        raise ValueError(f"{page.name} has no place for the table")
    head, rest = text.split(BEGIN, 1)
    page.write_text(head + BEGIN + "\n" + table(results, command) + END + rest.split(END, 1)[1])


def table(results: Sequence[Result], command: str) -> str:
    """Date, machine, command, the table, and what is to be said besides."""
    days = sorted({each.when[:10] for each in results if each.when})
    when = " to ".join(dict.fromkeys((days[0], days[-1]))) if days else "never"
    lines = [
        f"{when}, {os.cpu_count()} processors, {platform.system()} {_kernel()}, Python {platform.python_version()}, "
        f"`{command}`:",
        "",
        _line(HEADINGS),
        _line(tuple("---" for _ in HEADINGS)),
        *(_line(cells(each)) for each in results),
    ]
    for title, said in (
        ("Measured besides", notes(results)), ("Broken", broken(results)), ("Not played", skipped(results))
    ):  # fmt: skip
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
