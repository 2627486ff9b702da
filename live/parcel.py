"""How published items travel between processes: one parcel per target, msgpack."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from live.base import Published

_decoder = msgspec.msgpack.Decoder(list[Published])
_encoder = msgspec.msgpack.Encoder()


def pack(items: Sequence[Published]) -> bytes:
    """The bytes of one PUBLISH."""
    return _encoder.encode(items)


def unpack(parcel: bytes) -> list[Published]:
    """Raises msgspec.DecodeError when the parcel is not one of ours."""
    return _decoder.decode(parcel)
