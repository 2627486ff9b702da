"""A customer's page with the real button, on a site of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A customer</title>
<script>
  addEventListener("pointerdown", () => (window.clicked = performance.timeOrigin + performance.now()), true);
  function blank() {{
    const frame = document.createElement("iframe");
    frame.onload = () => (window.loaded = performance.timeOrigin + performance.now());
    frame.src = "//127.0.0.1:" + location.port + "/empty"; // another site, as the desk is one
    document.body.append(frame);
  }}
</script>
<body><button id="blank" onclick="blank()">An empty frame</button>{script}</body></html>"""


class Site:
    """`button`: address of the loader, set once the desk runs."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://localhost:{port}"
        self.button = ""

    def page(self, path: str) -> bytes:
        if path == "/empty":
            return b"<!doctype html><title>Empty</title>"
        return PAGE.format(script=f'<script async src="{self.button}"></script>').encode()


@contextmanager
def site() -> Iterator[Site]:
    """Served on a free port while the benchmark runs."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = made.page(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    made = Site(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
