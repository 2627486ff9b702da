"""A look at Redis from outside, which changes nothing."""

from __future__ import annotations

from redis import Redis
from redis.exceptions import RedisError

LEAST = (6, 2)
"""ZMSCORE came with it."""


def look(url: str) -> str:
    """Why it cannot carry the present moment, as one sentence; empty when it can. Blocks."""
    try:
        with Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3) as redis:
            said, version = redis.info("memory"), str(redis.info("server")["redis_version"])
    except (RedisError, OSError, ValueError) as error:
        return f"Redis cannot be used: {error}."
    if tuple(int(part) for part in version.split(".")[:2]) < LEAST:
        return f"Redis must be {'.'.join(map(str, LEAST))} or newer; this is {version}."
    policy = said["maxmemory_policy"]
    if said["maxmemory"] and policy != "noeviction":
        return f"Redis forgets keys when its memory is full (maxmemory-policy {policy})."
    return ""
