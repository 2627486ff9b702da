"""Starts the desk, whole or in parts: what must be so before it listens, and what it then says."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from dataclasses import replace

from server import serving, wiring
from server.opening import Opened, StartError, check_split, opened
from server.parts import Parts
from server.settings import Settings
from server.wiring import Role

TRIES = 20


def whole(settings: Settings) -> None:
    """Everything in one process, until it is stopped; in an empty folder a demo. Raises StartError."""
    asyncio.run(_prepare(settings))
    settings, listener = _listen(settings)
    serving.run(wiring.run(settings, "all", listener, _say_where))


def part(settings: Settings, role: Role) -> None:
    """One of several processes, until it is stopped. Raises StartError."""
    check_split(settings)
    listener = None
    if role == "web":
        asyncio.run(_may_listen(settings))
        settings, listener = _listen(settings)
    serving.run(wiring.run(settings, role, listener, _say_where if role == "web" else lambda parts: None))


async def _prepare(settings: Settings) -> None:
    """An empty folder becomes a demo. Raises StartError for a demo that others could reach."""
    async with opened(settings) as base:
        if base.kind is None:
            from server.demo import seed  # a real desk never loads the demo

            await seed.begin(base)
            base.kind = "demo"
        elif base.is_demo:
            from server.demo import seed

            await seed.go_on(base)
        _keep_private(base)


async def _may_listen(settings: Settings) -> None:
    """Raises StartError for a demo that others could reach."""
    async with opened(settings) as base:
        _keep_private(base)


def _keep_private(base: Opened) -> None:
    if base.is_demo and not base.settings.is_private and not base.settings.public_demo:
        raise StartError("A demo lets anybody in, so it listens on 127.0.0.1 only; VIPDESK_PUBLIC_DEMO=1 allows more.")


def _listen(settings: Settings) -> tuple[Settings, socket.socket]:
    """The listening socket; when the port was not chosen and is taken, the next free one. Raises StartError."""
    chosen = bool(os.environ.get("VIPDESK_PORT", "").strip())
    for port in [settings.port] if chosen else range(settings.port, settings.port + TRIES):
        try:
            return replace(settings, port=port), serving.listen(settings.host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise StartError(f"{settings.host} port {port} cannot be used: {error.strerror}.") from error
    if chosen:
        raise StartError(f"Port {settings.port} is in use. Choose another: VIPDESK_PORT={settings.port + 1} make run")
    raise StartError(f"Ports {settings.port} to {settings.port + TRIES - 1} are all in use. Choose one: VIPDESK_PORT=…")


def _say_where(parts: Parts) -> None:
    base = parts.settings.base_url
    if not parts.is_demo:
        print(f"Vipdesk is at {base}", flush=True)
        return
    from server.demo.seed import portal_url

    print(f"Vipdesk's demo is at {base}/demo", flush=True)
    print(f"  a customer's portal with the button: {portal_url(parts.settings)}/", flush=True)
    print(f"  the console:                         {base}/login", flush=True)
    print("  Ctrl-C stops it; everything is kept in " + str(parts.settings.data), flush=True)
