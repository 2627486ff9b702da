"""Passwords, kept by argon2: slow on purpose, so only a few are looked at at once, and their queue has an end."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import argon2

from routing.errors import BadRequest, SlowDown

AT_ONCE, MOST_WAITING = 2, 100
BUSY_S = 5.0


class Passwords:
    """Each look takes 64 MiB and a thread for a tenth of a second."""

    def __init__(self) -> None:
        self._hasher = argon2.PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_urlsafe())
        self._room = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """argon2id of a password. Raises BadRequest, SlowDown."""
        if len(password) < 8 or len(password) > 256:
            raise BadRequest("A password has 8 to 256 characters.", field="password")
        async with self._turn():
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, kept: str | None, password: str) -> bool:
        """Whether it is the one that is kept; the same work where none is. Raises SlowDown."""
        async with self._turn():
            return await asyncio.to_thread(self._verify, kept or self._nobody, password[:1024]) and kept is not None

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._waiting >= MOST_WAITING:
            raise SlowDown("Very many sign in at this moment. Try again in a moment.", retry_s=BUSY_S)
        self._waiting += 1
        try:
            async with self._room:
                yield
        finally:
            self._waiting -= 1

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False
