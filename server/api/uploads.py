"""Files in and out: one upload by either audience, signed links that expire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from urllib.parse import quote, urlencode

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from desk.actors import Signed
from desk.files import MOST_BYTES
from desk.identity import NotSignedIn
from desk.sealing import Sealer
from routing.errors import BadRequest, NotFound, SlowDown, TooLarge, Unavailable
from server import security
from server.limiting import expect_utf_8, limited
from server.pages.sessions import expect_signed, source_of
from server.parts import Parts
from store.files import File

CHUNK = 256 * 1024
SCAN_S = 5.0
FILES_MOST, FILES_S = 60, 300
"""So many files may one person give at once, and again in so many seconds."""
NETWORK_MOST = 120
"""Likewise all the visitors of one network together whom nobody knows: one stranger can be many."""
OVERHEAD = 16 * 1024
ONE_FILE = "Send one file as multipart/form-data, in the field file, with a name of at most 4,000 bytes."


async def upload(parts: Parts, request: Request) -> Response:
    """`POST /files`: multipart, one field `file`."""
    signed = await _signed(parts, request)
    wait_s = await parts.live.take(f"files:{signed.actor.id}", FILES_MOST / FILES_S, FILES_MOST)
    if not wait_s and not signed.actor.verified and signed.actor.kind == "contact":
        wait_s = await parts.live.take(f"files-from:{source_of(request)}", NETWORK_MOST / FILES_S, NETWORK_MOST)
    if wait_s > 0:
        raise SlowDown("Too many files at once. Go on in a moment.", retry_s=round(max(1.0, wait_s), 1))
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > MOST_BYTES + OVERHEAD:
        raise _too_large()
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise BadRequest(ONE_FILE, field="file")
    async with _form(request) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise BadRequest(ONE_FILE, field="file")
        taken = await parts.files.take(signed, _plain(file.filename or "file"), file.content_type or "", _chunks(file))
    return JSONResponse(taken, 201, {"Cache-Control": "no-store"})


def link(sealer: Sealer, file: str, preview: bool, until: str) -> str:
    """The address that `link` answers."""
    kind = "p" if preview else "f"
    query = urlencode({"until": until, "sig": sealer.sign(f"{kind}\n{file}\n{until}")})
    return f"/{kind}/{quote(file)}?{query}"


async def download(parts: Parts, request: Request) -> Response:
    """`GET /f/<file>`: the bytes as they came, never shown inline."""
    found = await _linked(parts, request, "f")
    headers = {"Content-Security-Policy": security.FILE, "Cache-Control": "private, max-age=300"}
    return FileResponse(
        parts.blobs.path(found.sha256), media_type="application/octet-stream", filename=found.name, headers=headers
    )


async def preview(parts: Parts, request: Request) -> Response:
    """`GET /p/<file>`: the picture drawn anew."""
    found = await _linked(parts, request, "p")
    drawn = await parts.files.drawn(found)
    if drawn is None:
        raise NotFound("This file is no picture.")
    path = parts.blobs.path(drawn)
    with path.open("rb") as opened:
        type = "image/png" if opened.read(4) == b"\x89PNG" else "image/jpeg"
    return FileResponse(path, media_type=type, headers=security.IN_MAIL)


async def _linked(parts: Parts, request: Request, kind: str) -> File:
    id, until = request.path_params["id"], request.query_params.get("until", "")
    if not parts.sealer.signed(f"{kind}\n{id}\n{until}", request.query_params.get("sig", "")):
        raise NotFound("This link does not work.")
    if datetime.fromisoformat(until) < parts.desk.clock.now():
        raise NotFound("This link has expired. Open the file from its ticket.")
    found = await parts.files.find(id)
    if found is None or found.found or not parts.blobs.exists(found.sha256):
        raise NotFound("This file is not here.")
    if parts.settings.clamd and not found.scanned:
        raise Unavailable("This file is being looked at by the virus scanner. Try again in a moment.", retry_s=SCAN_S)
    return found


async def _signed(parts: Parts, request: Request) -> Signed:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        security.expect_own_origin(request, parts.origins)
        signed = await parts.identity.contact(token.strip())
        if signed is None:
            raise NotSignedIn("This visit has ended. Begin a new one.")
        return signed
    return (await expect_signed(parts, request)).signed


@asynccontextmanager
async def _form(request: Request) -> AsyncIterator[FormData]:
    """What was sent. Raises BadRequest when it cannot be read, TooLarge."""
    expect_utf_8(request)
    async with AsyncExitStack() as stack:
        try:
            form = Request(request.scope, limited(request.receive, MOST_BYTES + OVERHEAD, _too_large)).form(
                max_files=1, max_fields=5
            )
            opened = await stack.enter_async_context(form)
        except HTTPException as error:  # its reason is the parser's, such as a line of a part's head beyond 4 KiB
            raise BadRequest(ONE_FILE, field="file") from error
        yield opened


def _plain(name: str) -> str:
    """As it was before a browser put it between quotes (HTML, multipart/form-data encoding algorithm)."""
    return name.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def _too_large() -> TooLarge:
    return TooLarge("A file has at most 25 MiB.", field="file")


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(CHUNK):
        yield chunk
