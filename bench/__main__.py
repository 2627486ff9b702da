"""`python -m bench`: runs the rows, prints the table, exits 1 when a promise (floor) is missed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.rows import FULL, QUICK, ROWS, stage
from bench.table import Row, render, write_json


def main() -> int:
    """Measures what was asked for. 0: every promise holds, 1: one is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Speed as ratios to baselines of the same run."
    )
    parser.add_argument("rows", nargs="*", help=f"which rows ({', '.join(ROWS)}); all by default")
    parser.add_argument("--quick", action="store_true", help="shorter runs")
    parser.add_argument("--json", type=Path, help="also write the rows as JSON lines")
    asked = parser.parse_args()
    unknown = set(asked.rows) - set(ROWS)
    if unknown:
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    rows: list[Row] = []
    with stage() as on:
        for name in asked.rows or ROWS:
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            rows += ROWS[name](on, QUICK if asked.quick else FULL)
    print(render(rows))
    if asked.json:
        write_json(rows, asked.json)
    return 1 if any(row.verdict == "missed" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
