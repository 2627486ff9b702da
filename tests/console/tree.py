"""The console's modules as the desk serves them: one tree with the wire beside it, for node and for a browser."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Route

from server.pages.templates import Pages

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = "http://console.localhost"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; frame-src 'self'; require-trusted-types-for 'script'"
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


def serve(context: BrowserContext, folder: Path) -> None:
    """What this context asks of `ORIGIN` comes from the folder, under the strict policy.

    No socket is in between: Chromium drops whatever it is fetching when an address of the machine comes or goes, as
    when a network namespace is made for another test beside this one.
    """

    def answer(route: Route) -> None:
        asked = folder / (urlsplit(route.request.url).path.lstrip("/") or "index.html")
        if urlsplit(route.request.url).path.startswith("/m/"):
            route.fulfill(body="<!doctype html><title>Mail</title><p>As it was sent.", content_type="text/html")
        elif asked.is_file():
            route.fulfill(path=asked, content_type=TYPES.get(asked.suffix), headers={"Content-Security-Policy": POLICY})
        else:
            route.fulfill(status=404)

    context.route(f"{ORIGIN}/**", answer)
