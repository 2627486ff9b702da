"""The running desk's parts, as every page and every door gets them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from desk.desk import Desk
from desk.files import Files
from desk.identity import Identity
from desk.reading import Reading
from desk.sealing import Sealer
from live.base import Live
from server.pages.static import Statics
from server.pages.templates import Pages
from server.remote_pictures import RemotePictures
from server.settings import Settings
from server.sockets.sockets import Sockets
from store.blobs import Blobs
from store.engine import Record

if TYPE_CHECKING:
    from server.demo.post import Post


@dataclass(frozen=True)
class Parts:
    """Made once in the wiring. `is_demo`: the record says so. `post`: the mail server of a demo that has one."""

    settings: Settings
    record: Record
    live: Live
    blobs: Blobs
    sealer: Sealer
    desk: Desk
    reading: Reading
    identity: Identity
    files: Files
    remote_pictures: RemotePictures
    sockets: Sockets
    statics: Statics
    pages: Pages
    is_demo: bool
    post: Post | None = None

    @property
    def origins(self) -> frozenset[str]:
        """The desk's own."""
        return frozenset({self.settings.base_url})

    @property
    def is_secure(self) -> bool:
        """Browsers reach us by https."""
        return self.settings.base_url.startswith("https://")
