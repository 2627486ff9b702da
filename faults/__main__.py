"""`python -m faults`: makes things fail, prints the table, exits 1 when a promise was broken."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

from faults import page
from faults.frame import Outcome, Row, rows
from faults.state import STATE, Result, State
from faults.table import render, write_json

GRACE_S = 90.0
"""What a row may take beyond its share: coming to rest is not shared out."""


def main() -> int:
    """Plays what was not yet done. 0: every promise held, 1: one did not."""
    asked = _arguments()
    everything = rows()
    unknown = set(asked.rows) - {each.number for each in everything}
    if unknown:
        print(f"There is no row {', '.join(sorted(unknown))}.", file=sys.stderr)
        return 2
    state = State(asked.state)
    wanted = [(each, on) for each in everything if not asked.rows or each.number in asked.rows for on in each.on]
    todo = [(each, on) for each, on in wanted if asked.again or not _is_done(state.of(each, on))]
    ends = time.monotonic() + asked.minutes * 60
    for place, (each, on) in enumerate(todo):
        left_s = ends - time.monotonic()
        if left_s < each.least_s:
            print(f"No time left for {each.number} {each.name} ({on}).", file=sys.stderr)
            continue
        share_s = max(each.least_s, left_s / (len(todo) - place))
        state.keep(_play(each, on, min(share_s, each.most_s or share_s), asked.seed))
    results = [state.of(each, on) or Result.of(each, on) for each, on in wanted]
    print(render(results))
    if asked.json:
        write_json(results, asked.json)
    if asked.write_docs:
        known = [state.of(each, on) or Result.of(each, on) for each in everything for on in each.on]
        page.write(known, "make faults" + "".join(f" {shlex.quote(each)}" for each in asked.rows))
    return 1 if any(each.verdict in ("broken", "late") for each in results) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m faults", description="The fault matrix of docs/reliability.md.")
    parser.add_argument("rows", nargs="*", help="numbers; all by default")
    parser.add_argument("--minutes", type=float, default=60.0, help="for all of it; shared by the rows (default: 60)")
    parser.add_argument("--seed", type=int, default=1, help="the first seed of every row (default: 1)")
    parser.add_argument("--again", action="store_true", help="also what was done before and held")
    parser.add_argument("--state", type=Path, default=STATE, help=f"what was done before (default: {STATE})")
    parser.add_argument("--json", type=Path, help="also write the results as JSON lines")
    parser.add_argument("--write-docs", action="store_true", help="put what was played into docs/reliability.md")
    return parser.parse_args()


def _is_done(before: Result | None) -> bool:
    return before is not None and before.verdict == "holds"


def _play(row: Row, ground: str, seconds: float, seed: int) -> Result:
    """In a process of its own, which has to end."""
    print(f"{row.number} {row.name} ({ground}): {seconds:.0f} s, seed {seed} …", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "faults.one", row.number, ground, str(seconds), str(seed)]
    began, load = time.monotonic(), round(os.getloadavg()[0], 1)
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        said, _ = child.communicate(timeout=seconds + GRACE_S)
    except subprocess.TimeoutExpired:
        child.terminate()
        try:
            said, _ = child.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            said, _ = child.communicate()
        said = ""
    answer = json.loads(said.splitlines()[-1]) if child.returncode == 0 and said else {}
    if "skipped" in answer:
        result = Result.of(row, ground, skipped=answer["skipped"], load=load)
    else:
        outcome = Outcome(**answer["outcome"]) if answer else Outcome(broken=["it did not come to its end"])
        took_s = time.monotonic() - began
        result = Result.of(row, ground, outcome=outcome, first_seed=seed, seconds=took_s, load=load)
    print(f"    {result.verdict}", file=sys.stderr, flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main())
