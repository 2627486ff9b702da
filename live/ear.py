"""The one channel on which other processes reach this one. A broken subscription is a gap, and gets a new name."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

PROBE_S = 2.0
"""A silent subscription is asked for a sign of life so often, and given up when it gives none in twice that."""
AGAIN_S = 0.5


class Deaf(Exception):
    """The subscription cannot be trusted any more."""


class Ear:
    """Keeps one subscription alive. `arrived` gets each payload; `heard_again` runs after every new subscription."""

    def __init__(
        self, redis: Redis, prefix: str, arrived: Callable[[bytes], None], heard_again: Callable[[], None]
    ) -> None:
        self._redis = redis
        self._prefix = prefix
        self._arrived = arrived
        self._heard_again = heard_again
        self._tried = asyncio.Event()
        self.listening = False
        self.closing = False  # redis-py can turn a cancellation into its own error: the loop looks here besides
        self.channel = self._new_name()

    async def first_try(self) -> None:
        """Returns when the first subscription stands or has failed."""
        await self._tried.wait()

    async def listen(self) -> None:
        """For ever; cancelling closes the subscription."""
        while not self.closing:
            try:
                await self._subscription()
            except (RedisError, OSError, TimeoutError, Deaf) as error:
                if self.listening:
                    log.warning("live.deaf error=%s", type(error).__name__)
            finally:
                self.listening = False
                self._tried.set()
            await asyncio.sleep(AGAIN_S)

    async def _subscription(self) -> None:
        self.channel = self._new_name()
        pubsub: Any = self._redis.pubsub()
        try:
            await pubsub.subscribe(self.channel)
            probed_at = heard_at = time.monotonic()
            while not self.closing:
                message = await pubsub.get_message(timeout=PROBE_S / 4)
                now = time.monotonic()
                if message is not None:
                    heard_at = now
                    self._take(message)
                if now - heard_at > 2 * PROBE_S:
                    raise Deaf
                if now - max(probed_at, heard_at) > PROBE_S:
                    probed_at = now
                    await pubsub.ping()
        finally:
            await pubsub.aclose()

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "message":
            try:
                self._arrived(message["data"])
            except msgspec.DecodeError:
                log.warning("live.parcel_refused bytes=%d", len(message["data"]))
        elif message["type"] == "subscribe" and not self.listening:
            self.listening = True
            self._tried.set()
            self._heard_again()
        elif message["type"] == "subscribe":
            raise Deaf  # the client library connected again by itself: what was published between is lost

    def _new_name(self) -> str:
        return f"{self._prefix}{secrets.token_hex(8)}"
