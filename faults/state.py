"""What was done already, kept between runs: a row that holds is not played again unless asked for."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from faults.frame import Outcome, Row

STATE = Path(".faults") / "state.json"


@dataclass
class Result:
    """One row on one ground. `skipped`: the sentence that says why it could not be played."""

    number: str
    name: str
    ground: str
    promise: str
    promise_s: float | None
    outcome: Outcome | None = None
    skipped: str = ""
    first_seed: int = 0
    seconds: float = 0.0
    when: str = ""
    version: str = ""
    load: float | None = None
    """Of the machine, over the minute before it was played."""

    @classmethod
    def of(cls, row: Row, ground: str, **more: Any) -> Result:
        when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
        return cls(row.number, row.name, ground, row.promise, row.promise_s, when=when, version=version(), **more)

    @property
    def key(self) -> str:
        return f"{self.number} {self.ground}"

    @property
    def late(self) -> bool:
        """It came back, but not within the promise."""
        took = self.outcome.recovery_s if self.outcome is not None else None
        return took is not None and self.promise_s is not None and took > self.promise_s

    @property
    def verdict(self) -> str:
        if self.outcome is None:
            verdict = "skipped" if self.skipped else "not done"
        elif self.outcome.broken:
            verdict = "broken"
        elif self.late:
            verdict = "late"
        elif self.outcome.of is not None and self.outcome.done < self.outcome.of:
            verdict = "in part"
        else:
            verdict = "holds" if self.outcome.done else "not done"
        return verdict

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {
            "verdict": self.verdict,
            "recovery_s": self.outcome.recovery_s if self.outcome is not None else None,
        }


class State:
    """The results by row and ground; written after each."""

    def __init__(self, path: Path = STATE) -> None:
        self._path = path
        self._results = self._read()

    def _read(self) -> dict[str, Result]:
        found: dict[str, Result] = {}
        if self._path.exists():
            for said in json.loads(self._path.read_text()):
                said = {name: value for name, value in said.items() if name not in ("verdict", "recovery_s")}
                outcome = said.pop("outcome")
                result = Result(**said, outcome=Outcome(**outcome) if outcome is not None else None)
                found[result.key] = result
        return found

    def of(self, row: Row, ground: str) -> Result | None:
        return self._results.get(f"{row.number} {ground}")

    def keep(self, result: Result) -> None:
        """Beside what another run may have kept meanwhile."""
        self._results = self._read() | {result.key: result}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps([each.as_json() for each in self._results.values()], indent=1)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(text + "\n")
        fresh.rename(self._path)


def version() -> str:
    """The commit of the sources, where they are a working copy; with a + when something was changed since."""
    command = ["git", "describe", "--always", "--abbrev=10", "--exclude=*", "--dirty=+"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.stdout.strip() if ran.returncode == 0 else ""
