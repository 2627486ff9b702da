"""The other baseline: what one fdatasync of this disk takes, in the place where the record lies."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from bench.table import quantile


def fdatasync_ms(folder: Path, times: int = 400) -> tuple[float, float]:
    """p50 and p99 in milliseconds of writing one page in place and fdatasync."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        page = os.urandom(4096)
        file.write(page * 64)
        file.flush()
        os.fsync(file.fileno())
        spans = []
        for turn in range(times):
            started = time.perf_counter()
            os.pwrite(file.fileno(), page, (turn % 64) * 4096)
            os.fdatasync(file.fileno())
            spans.append((time.perf_counter() - started) * 1000)
    spans.sort()
    return quantile(spans, 0.5), quantile(spans, 0.99)
