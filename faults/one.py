"""Plays one row on one ground: `python -m faults.one NUMBER GROUND SECONDS SEED`, prints its outcome as JSON.

A process of its own, so that limits, browsers and loops of one row are not those of the next. SIGTERM ends it in order.
"""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from faults.frame import Budget, Skipped, rows
from faults.ground import Ground
from tests.support.services import NotToBeHad


def main(number: str, ground: str, seconds: float, seed: int) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    (row,) = [each for each in rows() if each.number == number]
    answer: dict[str, Any]
    with tempfile.TemporaryDirectory(prefix="vipdesk-faults-") as folder:
        try:
            answer = {"outcome": asdict(row.run(Ground(ground, Path(folder)), Budget(seconds), seed))}
        except Skipped as error:
            answer = {"skipped": str(error)}
        except NotToBeHad as error:
            answer = {"skipped": f"There is no {error} here."}
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
