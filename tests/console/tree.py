"""The console's modules as the desk serves them: one tree with the wire beside it, for node and for a browser."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from server.pages.templates import Pages

ROOT = Path(__file__).resolve().parents[2]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; require-trusted-types-for 'script'"
)


def lay(folder: Path) -> Path:
    """Copies js/, css/, icons/, vendor/, widget/ and these tests' own modules as `tests/` into the folder; gives it."""
    shutil.copytree(ROOT / "server" / "static" / "js", folder / "js")
    for name in ("vendor", "css", "icons"):
        shutil.copytree(ROOT / "server" / "static" / name, folder / name)
    shutil.copytree(ROOT / "widget" / "static", folder / "widget")
    shutil.copytree(Path(__file__).parent / "js", folder / "tests")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "index.html").write_text(_page())
    return folder


def _page() -> str:
    """The console's page as the desk renders it, but for the script that opens the line."""
    values = {"csrf": "", "agent": "{}", "preload": [], "zone": "Europe/Berlin", "texts": ""}
    page = bytes(Pages("", "Vipdesk").page("console/index.html", values).body).decode()
    return page.replace('<script type="module" src="/js/main.js"></script>', "")


class _Quiet(SimpleHTTPRequestHandler):
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".js": "text/javascript"}

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: a failed request fails the test that made it."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder on a free port of 127.0.0.1; gives the origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
