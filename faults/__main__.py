"""`python -m faults`: makes things fail, prints the table, exits 1 when a promise was broken."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from faults.rows import ROWS, Databases
from faults.table import Row, render, write_json
from tests.support.services import postgres_server


def main() -> int:
    """Runs what was asked for on both databases. 0: every promise held, 1: one did not."""
    parser = argparse.ArgumentParser(prog="python -m faults", description="Kills and random days on both databases.")
    parser.add_argument("rows", nargs="*", help=f"which rows ({', '.join(ROWS)}); all by default")
    parser.add_argument("--minutes", type=float, default=30.0, help="for all of it; shared by the rows (default: 30)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed; a run prints where the next goes on")
    parser.add_argument("--most", type=int, help="how many of each, instead of 500 kills and 200 days")
    parser.add_argument("--json", type=Path, help="also write the rows as JSON lines")
    asked = parser.parse_args()
    unknown = set(asked.rows) - set(ROWS)
    if unknown:
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "postgres"
        own.mkdir()
        with postgres_server(own) as postgres:
            databases = Databases(Path(folder), postgres)
            todo = [(name, url) for name in asked.rows or ROWS for url in (databases.sqlite, databases.postgresql)]
            ends = time.monotonic() + asked.minutes * 60
            for number, (name, url) in enumerate(todo):
                row = Row(f"{name}, {url.__name__}", asked.seed)
                print(f"{row.name} …", file=sys.stderr, flush=True)
                run, most = ROWS[name]
                share = (ends - time.monotonic()) / (len(todo) - number)
                run(row, url, asked.most or most, time.monotonic() + share)
                rows.append(row)
    print(render(rows))
    if asked.json:
        write_json(rows, asked.json)
    return 1 if any(row.verdict == "broken" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
