"""A look at Redis from outside, which changes nothing."""

from __future__ import annotations

from redis import Redis
from redis.exceptions import RedisError


def look(url: str) -> str:
    """Why it cannot carry the present moment, as one sentence; empty when it can. Blocks."""
    try:
        with Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3) as redis:
            said = redis.info("memory")
    except (RedisError, OSError, ValueError) as error:
        return f"Redis cannot be used: {error}."
    policy = said["maxmemory_policy"]
    if said["maxmemory"] and policy != "noeviction":
        return f"Redis forgets keys when its memory is full (maxmemory-policy {policy})."
    return ""
