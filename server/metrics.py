"""What operators measure: verbs by name and outcome, time to the acknowledgement, lines, health. Prometheus' format."""

from __future__ import annotations

import time
from collections.abc import Coroutine
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from desk.actors import Signed
from desk.desk import Acknowledge, Desk
from routing.errors import DeskError
from server.sockets.ports import Audience

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """One registry of a process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.verbs = Counter("vipdesk_verbs", "Verbs by outcome.", ["verb", "outcome"], registry=self._registry)
        self.seconds = Histogram(
            "vipdesk_ack_seconds",
            "From a verb's arrival to its acknowledgement.",
            buckets=BUCKETS,
            registry=self._registry,
        )
        self.lines = Gauge("vipdesk_lines", "Open lines of this process.", ["audience"], registry=self._registry)
        self.backup_age = Gauge(
            "vipdesk_backup_age_seconds",
            "Since the newest backup; +Inf when there was never one.",
            registry=self._registry,
        )
        self.up = Gauge("vipdesk_ok", "1 while this part is ok.", ["part"], registry=self._registry)

    def text(self) -> bytes:
        """The exposition."""
        return generate_latest(self._registry)


class CountedDesk:
    """The desk's verbs, counted on their way."""

    def __init__(self, desk: Desk, metrics: Metrics) -> None:
        self._desk = desk
        self._metrics = metrics
        self._counters: dict[tuple[str, str], Counter] = {}

    async def perform(self, signed: Signed, request: Any, acknowledge: Acknowledge) -> None:
        """As Desk.perform."""
        verb = str(type(request).__struct_config__.tag)
        began = time.perf_counter()

        def acknowledged(answer: dict[str, Any]) -> None:
            self._metrics.seconds.observe(time.perf_counter() - began)
            acknowledge(answer)

        outcome = "fault"
        try:
            await self._desk.perform(signed, request, acknowledged)
            outcome = "ok"
        except DeskError as error:
            outcome = error.code
            raise
        finally:
            self._counter(verb, outcome).inc()

    def _counter(self, verb: str, outcome: str) -> Counter:
        """Looked up once: the library does it under a lock, with strings made anew."""
        counter = self._counters.get((verb, outcome))
        if counter is None:
            counter = self._counters[verb, outcome] = self._metrics.verbs.labels(verb, outcome)
        return counter

    async def typing(self, signed: Signed, ticket: str, on: bool) -> None:
        """As Desk.typing."""
        await self._desk.typing(signed, ticket, on)

    def person_here(self, kind: Audience, person: str) -> Coroutine[Any, Any, None]:
        """As Desk.person_here."""
        return self._desk.person_here(kind, person)

    def person_gone(self, kind: Audience, person: str) -> Coroutine[Any, Any, None]:
        """As Desk.person_gone."""
        return self._desk.person_gone(kind, person)
