"""Bytecode that is made once for all processes of a run, also where the machine forbids it beside the sources.

Without it each process compiles every module anew: two seconds of a processor for each desk that a test starts.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

KEPT = Path(sys.prefix) / "bytecode"


def keep() -> None:
    """For this process and those it starts; where nothing forbids it, it stays where Python puts it."""
    if sys.dont_write_bytecode:
        sys.dont_write_bytecode = False
        sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(KEPT)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
