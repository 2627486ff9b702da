"""The composition root: every part made once, every background task on one screen."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Literal

from desk import texts
from desk.desk import Desk
from desk.due import DueWorker
from desk.files import Files
from desk.identity import Identity
from desk.letters import Around
from desk.mail_watch import MailWatch
from desk.reading import Reading
from desk.repeating import repeat
from desk.roll import EVERY_S, Roll
from desk.watch import Watch
from mailbox.reading import Reader
from mailbox.sending import Sending
from mailbox.service import Mailboxes
from mailbox.worker import Worker
from server import app, mail_settings, serving
from server.api import uploads
from server.beating import beat
from server.clamd import Clamd
from server.follow_clock import follow_clock
from server.follow_settings import follow_settings
from server.metrics import CountedDesk, Metrics
from server.notifying import READY, keep_telling, notify
from server.opening import Opened, StartError, opened
from server.pages.sessions import cookie_of
from server.pages.static import Statics
from server.pages.templates import Pages
from server.pages.texts import catalogues
from server.parts import Parts
from server.remote_pictures import RemotePictures
from server.scanning import Scanning
from server.settings import Settings
from server.sockets.buckets import Rate
from server.sockets.sockets import Sockets
from server.watchdog import Watchdog
from store import beats, meta
from store import settings as kept_settings
from store.blobs import Blobs
from store.ledger import Ledger

Role = Literal["all", "web", "mailbox", "clock"]


async def parts_of(base: Opened, metrics: Metrics) -> Parts:
    """The parts that pages and doors work with."""
    settings = base.settings
    links = partial(uploads.link, base.sealer)
    texts.speak(await asyncio.to_thread(catalogues))
    statics = await asyncio.to_thread(Statics)
    name = await base.record.read(lambda connection: kept_settings.get(connection, "name", "Vipdesk"))
    desk = Desk(base.record, base.live, base.clock, links)
    reading, identity = Reading(desk), Identity(desk, base.sealer)
    blobs = Blobs(settings.data / "files")
    sockets = Sockets(
        verbs=CountedDesk(desk, metrics),
        reading=reading,
        identity=identity,
        live=base.live,
        origins=frozenset({settings.base_url}),
        session_of=partial(cookie_of, secure=settings.base_url.startswith("https://")),
        now=base.clock.now,
        monotonic=base.clock.monotonic,
        rate=Rate(settings.frame_rate, settings.frame_burst),
        lines_per_address=settings.lines_per_address,
    )
    files = Files(desk, blobs)
    return Parts(
        settings=settings,
        record=base.record,
        live=base.live,
        blobs=blobs,
        sealer=base.sealer,
        desk=desk,
        reading=reading,
        identity=identity,
        files=files,
        remote_pictures=RemotePictures(files),
        sockets=sockets,
        statics=statics,
        pages=Pages(statics.base, name),
        is_demo=base.is_demo,
    )


async def run(settings: Settings, role: Role, listener: socket.socket | None, started: Callable[[Parts], None]) -> None:
    """Runs the desk, or one of its processes, until SIGTERM or SIGINT. Raises StartError, RecordError."""
    async with opened(settings) as base:
        if base.kind is None:
            raise StartError("There is no desk in this folder yet: vipdesk setup --name … --admin … makes one.")
        await base.record.write(meta.ensure_epoch, name="epoch")
        parts = await parts_of(base, metrics := Metrics())
        if base.is_demo:
            from server.demo import pages, post  # a real desk never loads the demo

            parts = replace(parts, post=post.of(parts) if role == "all" else None)
            await pages.prepare(parts)
        if role in ("all", "mailbox"):
            await mail_settings.lay(parts)

        def ready(parts: Parts) -> None:
            notify(READY)
            started(parts)

        async with asyncio.TaskGroup() as tasks:
            background = [tasks.create_task(work) for work in _background(base, parts, role)]
            await _serve(parts, metrics, role, listener, ready)
            for task in background:
                task.cancel()


def _background(base: Opened, parts: Parts, role: Role) -> Iterator[Coroutine[Any, Any, None]]:
    """Every task that runs beside the web: what it looks at, how long it pauses, which processes do it."""
    record, clock, desk = base.record, base.clock, parts.desk
    roles = beats.ROLES if role == "all" else (role,)
    yield Watchdog().run()
    yield keep_telling()
    yield repeat("clock", partial(follow_clock, record, clock, desk), partial(clock.sleep, 1.0))
    yield repeat("settings", partial(follow_settings, record, parts.pages), partial(clock.sleep, 2.0))
    yield repeat("beat", partial(beat, record, clock, roles), partial(clock.sleep, 10.0))
    if parts.settings.redis_url:
        yield repeat("roll", Roll(desk).look, partial(clock.sleep, EVERY_S))
    if role in ("all", "web"):
        yield parts.sockets.run()
        yield repeat("files", parts.files.tidy, partial(clock.sleep, 60.0))
    if role in ("all", "clock"):
        yield DueWorker(desk).run()
        yield repeat("watch", Watch(desk).look, partial(clock.sleep, 1.0))
        yield repeat("mail_watch", MailWatch(desk).look, partial(clock.sleep, 5.0))
    if role in ("all", "mailbox"):
        yield Sending(desk, parts.blobs, base.sealer, shows=base.is_demo).run()
        yield _mailboxes(base, parts)
    if parts.settings.clamd and role in ("all", "mailbox"):
        scanning = Scanning(desk, parts.blobs, Clamd(parts.settings.clamd))
        yield repeat("scan", scanning.look, partial(clock.sleep, 1.0))
    if base.is_demo and role == "all":
        yield _simulated_customer(parts)
        if parts.post is not None:
            yield parts.post.run()


async def _mailboxes(base: Opened, parts: Parts) -> None:
    """Mail that comes; read in a process of its own, which begins with the first one."""
    async with Worker() as worker:
        erased = Ledger(base.settings.data)
        reader = Reader(base.record, parts.blobs, base.sealer, worker, erased.of)
        around, every = Around(base.settings.base_url), timedelta(minutes=base.settings.probe_minutes)
        await Mailboxes(parts.desk, parts.blobs, base.sealer, reader, around, every).run()


async def _serve(
    parts: Parts, metrics: Metrics, role: Role, listener: socket.socket | None, started: Callable[[Parts], None]
) -> None:
    """The web, or, for processes without one, waiting for the signal to stop."""
    if listener is None:
        started(parts)
        await serving.wait_for_stop()
        return
    await serving.serve(
        app.build(parts, metrics),
        [listener],
        drain=parts.sockets.drain,
        started=lambda: started(parts),
        trusted_proxies=parts.settings.trusted_proxies,
    )


async def _simulated_customer(parts: Parts) -> None:
    from server.demo.pages import simulator  # a real desk never loads the demo

    await simulator(parts).run()
