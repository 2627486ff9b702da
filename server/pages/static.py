"""Everything that never changes while the desk runs, under an address that changes with its content."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from desk.texts import spoken
from server.pages.texts import compiled
from server.squeeze import widget_files

ROOT = Path(__file__).resolve().parents[2]
FOR_EVER = "public, max-age=31536000, immutable"
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("image/svg+xml", ".svg")
PACKED = {"text/javascript", "text/css", "image/svg+xml", "application/json"}


@dataclass(frozen=True)
class Kept:
    """One file, as it travels."""

    body: bytes
    packed: bytes | None
    type: str


class Statics:
    """The whole tree in memory: `server/static` as it is, `widget/static` under `widget/`, the chat in one file."""

    def __init__(self, server: Path = ROOT / "server" / "static", widget: Path = ROOT / "widget" / "static") -> None:
        joined = widget_files(widget)
        files = {str(path.relative_to(server)): path.read_bytes() for path in _files(server)}
        files |= {f"widget/{path.relative_to(widget)}": path.read_bytes() for path in _files(widget)}
        files["widget/chat.js"] = joined["chat.js"]
        files |= compiled(ROOT / "server" / "texts")
        self._files = {name: _kept(name, body) for name, body in files.items()}
        self.loader = _kept("loader.js", joined["loader.js"])
        self.chat_style = joined["chat.css"].decode()
        self.chat_style_source = _source(joined["chat.css"])
        self.tag = hashlib.sha256(
            json.dumps({name: hashlib.sha256(body).hexdigest() for name, body in sorted(files.items())}).encode()
        ).hexdigest()[:8]
        self.loader_tag = hashlib.sha256(self.loader.body).hexdigest()[:16]

    @property
    def base(self) -> str:
        """Address of the tree, without a slash at its end."""
        return f"/static/{self.tag}"

    def names(self, prefix: str, suffix: str) -> list[str]:
        """Addresses of files under a folder."""
        return [
            f"{self.base}/{name}" for name in sorted(self._files) if name.startswith(prefix) and name.endswith(suffix)
        ]

    def text_url(self, part: str, language: str) -> str:
        """The catalogue of a part in a language; empty when there is none, as for English."""
        name = f"texts/{part}.{spoken(language)}.json"
        return f"{self.base}/{name}" if name in self._files else ""

    def answer(self, request: Request) -> Response:
        """`/static/<tag>/<path>`."""
        kept = self._files.get(request.path_params["path"])
        if kept is None or request.path_params["tag"] != self.tag:
            return Response("Not found.", 404, media_type="text/plain")
        return sent(kept, request, {"Cache-Control": FOR_EVER, "Cross-Origin-Resource-Policy": "cross-origin"})


def sent(kept: Kept, request: Request, headers: dict[str, str]) -> Response:
    """The file, packed where the client can unpack."""
    type = kept.type + ("; charset=utf-8" if kept.type in PACKED else "")
    headers = {**headers, "Content-Type": type, "Vary": "Accept-Encoding"}
    if kept.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(kept.packed, headers={**headers, "Content-Encoding": "gzip"})
    return Response(kept.body, headers=headers)


def packed(answer: Response, request: Request) -> Response:
    """A page without secrets, likewise."""
    answer.headers["Vary"] = "Accept-Encoding"
    if "gzip" in request.headers.get("accept-encoding", ""):
        answer.body = gzip.compress(answer.body, 6, mtime=0)
        answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Content-Length"] = str(len(answer.body))
    return answer


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _source(body: bytes) -> str:
    """What a content policy names an inline element of this body by (CSP 3, 2.3.1, hash-source)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(body).digest()).decode()}'"


def _kept(name: str, body: bytes) -> Kept:
    type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Kept(body, gzip.compress(body, 9, mtime=0) if type in PACKED else None, type)
