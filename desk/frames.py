"""Frames the desk writes: durable events as JSON text, ephemeral ones as bytes, instants as the wire has them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from live.base import Published

_encoder = msgspec.json.Encoder()
_EPOCH = datetime(1970, 1, 1)  # naive: what is written has its Z beside it


def written(at: datetime) -> str:
    """ISO 8601, UTC, microseconds, Z."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def maybe_written(at: datetime | None) -> str | None:
    """The same for what may be missing."""
    return None if at is None else written(at)


def micros_written(at: int | None) -> str | None:
    """The same from the record's microseconds."""
    return None if at is None else (_EPOCH + timedelta(microseconds=at)).isoformat(timespec="microseconds") + "Z"


def event_text(
    ticket: str, stream: str, seq: int, at: int, kind: str, by: Mapping[str, Any] | None, data: Mapping[str, Any]
) -> str:
    """A durable event: the bytes that everybody who follows the stream gets."""
    return _encoder.encode(
        {
            "type": "event",
            "ticket": ticket,
            "stream": stream,
            "seq": seq,
            "at": micros_written(at),
            "kind": kind,
            "by": by,
            "data": data,
        }
    ).decode()


def ephemeral(topics: tuple[str, ...], kind: str, fields: Mapping[str, Any]) -> Published:
    """A frame that may be dropped."""
    return Published(topics, _encoder.encode({"type": kind, **fields}), kind=kind)


def order(topics: tuple[str, ...], kind: str, text: str) -> Published:
    """A word to the sockets themselves, never sent to clients: `follow`, `unfollow`, `rights`, `revoked`."""
    return Published(topics, text.encode(), kind=kind)
