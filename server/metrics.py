"""What operators measure: verbs by name and outcome, time to the acknowledgement, lines, health. Prometheus' format."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Coroutine, Iterable
from datetime import datetime
from itertools import accumulate
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from desk.actors import Signed
from desk.desk import Acknowledge, Desk
from routing.errors import DeskError
from server.mail_report import BoxReport
from server.sockets.ports import Audience
from store.mailbox_health import BACKLOG
from store.times import instant

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
MOST_MAILBOXES = 500


class Metrics:
    """One registry of a process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.verbs = Tally()
        self._registry.register(self.verbs)
        self.lines = Gauge("vipdesk_lines", "Open lines of this process.", ["audience"], registry=self._registry)
        self.backup_age = Gauge(
            "vipdesk_backup_age_seconds",
            "Since the newest backup; +Inf when there was never one.",
            registry=self._registry,
        )
        self.mailboxes = MailboxGauges(self._registry)
        self.up = Gauge("vipdesk_ok", "1 while this part is ok.", ["part"], registry=self._registry)

    def text(self) -> bytes:
        """The exposition."""
        return generate_latest(self._registry)


class MailboxGauges:
    """One line a mailbox, by its id; of the first MOST_MAILBOXES, so that no scrape grows without bound."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, words: str, *more: str) -> Gauge:
            return Gauge(f"vipdesk_mailbox_{name}", words, ["mailbox", *more], registry=registry)

        self._fine = gauge("ok", "1 while its server answers and its probe mail comes back.")
        self._silent = gauge("silent_seconds", "Since its server's last good answer.")
        self._lag = gauge("lag_seconds", "How long mail has been there that is not stored yet; 0: none is.")
        self._behind = gauge("behind", "Mails on its server that are not stored yet.")
        self._backlog = gauge("backlog", "Stored mails with which something is still to be done, by state.", "state")
        self._trip = gauge("probe_trip_seconds", "The last probe mail's whole way, by SMTP and IMAP.")
        self._compared = gauge("compared_seconds", "Since it was compared with the record.")

    def show(self, found: list[BoxReport], real: datetime) -> None:
        """As they are now; those that are gone or off are not shown any more."""
        for each in (self._fine, self._silent, self._lag, self._behind, self._backlog, self._trip, self._compared):
            each.clear()
        for report in [each for each in found if each.grade != "off"][:MOST_MAILBOXES]:
            self._show(report.box.id, report, real)

    def _show(self, id: str, report: BoxReport, real: datetime) -> None:
        health = report.health
        self._fine.labels(id).set(report.grade != "bad")
        self._silent.labels(id).set(report.silent.total_seconds())
        self._lag.labels(id).set(report.lag.total_seconds())
        self._behind.labels(id).set(0 if health is None else health.behind)
        for state in BACKLOG:
            self._backlog.labels(id, state).set(report.backlog.get(state, 0))
        if health is not None and health.trip_us is not None:
            self._trip.labels(id).set(health.trip_us / 1e6)
        if health is not None and health.reconciled_at is not None:
            self._compared.labels(id).set((real - instant(health.reconciled_at)).total_seconds())


class Tally(Collector):
    """Verbs, counted on the event loop alone: the library's own counters take a lock for each."""

    def __init__(self) -> None:
        self._ended: Counter[tuple[str, str]] = Counter()
        self._within = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0

    def ended(self, verb: str, outcome: str) -> None:
        """One more."""
        self._ended[verb, outcome] += 1

    def acknowledged(self, seconds: float) -> None:
        """One more, after so long."""
        self._within[bisect_left(BUCKETS, seconds)] += 1
        self._seconds += seconds

    def collect(self) -> Iterable[Metric]:
        """As the library asks for it."""
        verbs = CounterMetricFamily("vipdesk_verbs", "Verbs by outcome.", labels=("verb", "outcome"))
        for labels, number in self._ended.items():
            verbs.add_metric(labels, number)
        bounds = (*map(str, BUCKETS), "+Inf")
        buckets = list(zip(bounds, accumulate(self._within), strict=True))
        words = "From a verb's arrival to its acknowledgement."
        return verbs, HistogramMetricFamily("vipdesk_ack_seconds", words, buckets=buckets, sum_value=self._seconds)


class CountedDesk:
    """The desk's verbs, counted on their way."""

    def __init__(self, desk: Desk, metrics: Metrics) -> None:
        self._desk = desk
        self._tally = metrics.verbs

    async def perform(self, signed: Signed, request: Any, acknowledge: Acknowledge) -> None:
        """As Desk.perform."""
        verb = str(type(request).__struct_config__.tag)
        began = time.perf_counter()

        def acknowledged(answer: dict[str, Any]) -> None:
            self._tally.acknowledged(time.perf_counter() - began)
            acknowledge(answer)

        outcome = "fault"
        try:
            await self._desk.perform(signed, request, acknowledged)
            outcome = "ok"
        except DeskError as error:
            outcome = error.code
            raise
        finally:
            self._tally.ended(verb, outcome)

    async def typing(self, signed: Signed, ticket: str, on: bool) -> None:
        """As Desk.typing."""
        await self._desk.typing(signed, ticket, on)

    def person_here(self, kind: Audience, person: str) -> Coroutine[Any, Any, None]:
        """As Desk.person_here."""
        return self._desk.person_here(kind, person)

    def person_gone(self, kind: Audience, person: str) -> Coroutine[Any, Any, None]:
        """As Desk.person_gone."""
        return self._desk.person_gone(kind, person)
