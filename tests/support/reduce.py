"""What a client makes of frames: a ticket's summary as it was, and what was published, give the summary as it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

TEXT = 120


def reduce(summary: Mapping[str, Any], frame: Mapping[str, Any]) -> dict[str, Any]:
    """The summary after one frame that its viewer got."""
    if frame["type"] == "inbox":
        return {name: value for name, value in frame.items() if name not in ("type", "heard")}
    if frame["type"] != "event":
        return dict(summary)
    internal = frame["stream"].endswith("/i")
    head = "internal_seq" if internal else "seq"
    if frame["seq"] <= summary[head]:
        return dict(summary)  # told again: a client drops what it has
    after = dict(summary) | {head: frame["seq"]}
    if "last_at" in summary:
        after["last_at"] = frame["at"]
    on = _ON.get(frame["kind"])
    if on is not None and not (internal and frame["kind"] in ("message", "status", "severity")):
        after |= on(after, frame["data"], frame)
    return after


def _message(summary: Mapping[str, Any], data: Mapping[str, Any], frame: Mapping[str, Any]) -> dict[str, Any]:
    by = frame["by"]
    return {
        "said_at": frame["at"],
        "last": {"by_role": by["role"], "by_name": by["name"], "text": " ".join(data["body"].split())[:TEXT]},
    }


def _status(summary: Mapping[str, Any], data: Mapping[str, Any], frame: Mapping[str, Any]) -> dict[str, Any]:
    return {"status": data["status"]}


def _severity(summary: Mapping[str, Any], data: Mapping[str, Any], frame: Mapping[str, Any]) -> dict[str, Any]:
    return {"severity": data["severity"]}


def _read(summary: Mapping[str, Any], data: Mapping[str, Any], frame: Mapping[str, Any]) -> dict[str, Any]:
    return {f"read_{data['by_side']}": data["seq"]}


_ON = {"message": _message, "status": _status, "severity": _severity, "read": _read}


def differences(reduced: Mapping[str, Any], fresh: Mapping[str, Any]) -> list[str]:
    """What a viewer believes wrongly; empty when they know what the record knows."""
    names = sorted(set(reduced) | set(fresh))
    return [
        f"{name}: believed {json.dumps(reduced.get(name))}, is {json.dumps(fresh.get(name))}"
        for name in names
        if reduced.get(name) != fresh.get(name) and name != "unread"
    ]
