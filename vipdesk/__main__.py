"""`python -m vipdesk`: the product's folders first on the path, then the command line."""

from __future__ import annotations

import sys
from pathlib import Path


def root() -> Path:
    """The folder that holds routing/, store/ and the others: beside this package, or `app` inside an installed one."""
    here = Path(__file__).resolve().parent
    installed = here / "app"
    return installed if installed.is_dir() else here.parent


def launch() -> int:
    """Runs the command line; the exit code.

    `mailbox` is also a module of the standard library, and something may have loaded that one already.
    """
    folder = str(root())
    if folder in sys.path:
        sys.path.remove(folder)
    sys.path.insert(0, folder)
    loaded = sys.modules.get("mailbox")
    if loaded is not None and not str(getattr(loaded, "__file__", "")).startswith(folder):
        del sys.modules["mailbox"]
    from server.cli import main

    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(launch())
