"""What a row of faults is, how it is judged, printed and written. No faults here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

HEADINGS = ("name", "done", "seeds", "lost", "doubled", "out of order", "verdict")


@dataclass
class Row:
    """One kind of fault on one database. `broken`: every promise that did not hold, as a sentence with its seed."""

    name: str
    first_seed: int
    seeds: int = 0
    done: int = 0
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """`holds`, `broken`, or `not done` when the time was up before the first."""
        if self.broken:
            verdict = "broken"
        elif self.done == 0:
            verdict = "not done"
        else:
            verdict = "holds"
        return verdict

    def note(self, seed: int, *, lost: Sequence[str], doubled: Sequence[str], disordered: Sequence[str]) -> None:
        """Counts what did not hold."""
        self.lost += len(lost)
        self.doubled += len(doubled)
        self.disordered += len(disordered)
        self.broken += [f"seed {seed}: {each}" for each in (*lost, *doubled, *disordered)]


def render(rows: Sequence[Row]) -> str:
    """A table for people, and below it what was broken and where to go on."""
    cells = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    broken = [f"{row.name}: {each}" for row in rows for each in row.broken]
    after = max((row.first_seed + row.seeds for row in rows), default=0)
    return "\n".join([*lines, *broken, f"Go on with --seed {after}."])


def write_json(rows: Sequence[Row], path: Path) -> None:
    """The rows as JSON lines."""
    path.write_text("".join(json.dumps(asdict(row) | {"verdict": row.verdict}) + "\n" for row in rows))


def _cells(row: Row) -> tuple[str, ...]:
    seeds = f"{row.first_seed}-{row.first_seed + row.seeds - 1}" if row.seeds else "-"
    return (row.name, str(row.done), seeds, str(row.lost), str(row.doubled), str(row.disordered), row.verdict)
