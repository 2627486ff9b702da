"""Finds for every frame type of an audience its `on_<type>`; a type without one stops the start."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, get_args

if TYPE_CHECKING:
    from server.sockets.connection import Connection

Answer = Callable[["Connection", Any], Coroutine[Any, Any, None]]


def answering(functions: Mapping[str, Any], frame_type: Any) -> dict[type, Answer]:
    """By the frame's class. Raises KeyError naming a function that is missing."""
    return {kind: functions[f"on_{kind.__struct_config__.tag}"] for kind in get_args(frame_type)}
