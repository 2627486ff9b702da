"""How busy a desk is concerns its operators: /metrics answers this machine, or who has the token."""

from __future__ import annotations

from pathlib import Path

import httpx2

from server.metrics import Metrics
from tests.support.running import RunningDesk


def metrics(desk: RunningDesk, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.get(f"{desk.origin}/metrics", headers=named, trust_env=False).status_code


def test_without_a_token_only_this_machine_is_answered_and_nobody_through_a_proxy(desk: RunningDesk) -> None:
    assert metrics(desk) == 200
    for name in ("X_Forwarded_For", "X_Real_IP", "Via"):
        assert metrics(desk, **{name: "198.51.100.7"}) == 404
    assert metrics(desk, Forwarded="for=198.51.100.7") == 404
    assert metrics(desk, Host="evil.example") == 404


def test_with_a_token_nobody_else_is_answered(tmp_path: Path) -> None:
    with RunningDesk(tmp_path / "data", {"VIPDESK_METRICS_TOKEN": "for-prometheus"}) as desk:
        assert metrics(desk) == metrics(desk, Authorization="Bearer another") == 404
        assert metrics(desk, Authorization="Bearer for-prometheus", X_Forwarded_For="198.51.100.7") == 200


def test_a_time_on_a_bound_counts_as_within_it() -> None:
    counted = Metrics()
    for seconds in (0.001, 0.0011, 7.0):
        counted.verbs.acknowledged(seconds)
    text = counted.text().decode()
    assert 'vipdesk_ack_seconds_bucket{le="0.001"} 1.0' in text
    assert 'vipdesk_ack_seconds_bucket{le="0.0025"} 2.0' in text
    assert 'vipdesk_ack_seconds_bucket{le="5.0"} 2.0' in text
    assert 'vipdesk_ack_seconds_bucket{le="+Inf"} 3.0' in text and "vipdesk_ack_seconds_count 3.0" in text
