"""`python -m bench`: runs the rows and prints the table; with `--check` exits 1 when a promise (floor) is missed."""

from __future__ import annotations

import argparse
import math
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.rows import APART, ROWS, SLOW
from bench.stage import FULL, QUICK, Extent, stage
from bench.table import Row, render, write_json, write_page


def main() -> int:
    """Measures what was asked for. 0: measured, and with `--check` every promise holds; 1: one is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Speed as ratios to baselines of the same run."
    )
    parser.add_argument("rows", nargs="*", help=f"which rows ({', '.join(ROWS)}); all by default")
    parser.add_argument(
        "--quick", action="store_true", help=f"shorter runs, without {' and '.join(SLOW)} unless it is named"
    )
    parser.add_argument("--check", action="store_true", help="exit 1 when a median misses its promise")
    parser.add_argument("--json", type=Path, help="also write the rows as JSON lines")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="also put the table into a page between its marks")
    asked = parser.parse_args()
    unknown = set(asked.rows) - set(ROWS)
    if unknown:
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    names = asked.rows or [name for name in ROWS if not (asked.quick and name in SLOW)]
    rows: list[Row] = []
    for some in (*([name] for name in names if name in APART), [name for name in names if name not in APART]):
        rows += _measured(some, QUICK if asked.quick else FULL)
    print(render(rows))
    if asked.json:
        write_json(rows, asked.json)
    if asked.write:
        write_page(rows, asked.write, f"python -m bench {shlex.join(sys.argv[1:])}")
    return 1 if asked.check and any(row.verdict == "missed" for row in rows) else 0


def _measured(names: Sequence[str], extent: Extent) -> list[Row]:
    rows: list[Row] = []
    if names:
        with stage() as on:
            for name in names:
                print(f"measuring {name} …", file=sys.stderr, flush=True)
                try:
                    rows += ROWS[name](on, extent)
                except RuntimeError as error:  # the other rows are worth having; this one is missed
                    rows.append(Row(name, math.inf, "", floor=0.0, note=f"could not be measured: {error}"))
    return rows


if __name__ == "__main__":
    sys.exit(main())
