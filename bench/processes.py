"""Rows: two processes over Redis against one, and PostgreSQL against SQLite; all servers on the same core."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.servers import DeskServer, settings_of
from bench.stage import Extent, Stage, seed
from bench.table import Row, median
from bench.talk import must_be_whole
from desk.sealing import Sealer
from tests.support.services import PostgresServer, RedisServer, postgres_server, redis_server

SENDERS = 200


@dataclass(frozen=True)
class Desks:
    """Ports of the desks beside the stage's own: where contacts come in, where agents do."""

    one: int
    contacts: int
    agents: int


def processes(on: Stage, extent: Extent) -> list[Row]:
    """Saturated chat: SQLite, PostgreSQL in one process, PostgreSQL with contacts on one process, agents on another."""
    with _desks(on) as desks:
        for name, port, agents_port in (
            ("sqlite", on.desk.port, on.desk.port),
            ("one", desks.one, desks.one),
            ("two", desks.contacts, desks.agents),
        ):
            on.load.order(
                order="open_desk", name=name, port=port, agents_port=agents_port, senders=SENDERS,
                receivers=len(on.people), people=on.people, buttons=on.buttons,
            )  # fmt: skip
        rates: dict[str, list[float]] = {"sqlite": [], "one": [], "two": []}
        for _ in range(extent.pairs):
            for name, found in rates.items():
                run = on.load.order(order="closed_loop", fleet=name, seconds=extent.seconds, in_flight=SENDERS)
                must_be_whole(run)
                found.append(run["rate"])
        for name in rates:
            on.load.order(order="close", fleet=name)
    return [
        Row(
            f"two processes over Redis, one PostgreSQL, saturated, {SENDERS} in flight",
            median(rates["two"]),
            "msg/s",
            median(rates["one"]),
            "one process",
            tuple(two / one for two, one in zip(rates["two"], rates["one"], strict=True)),
            goal=0.8,
            floor=0.5,
            at_most=False,
        ),
        Row(
            f"PostgreSQL, one process, saturated, {SENDERS} in flight",
            median(rates["one"]),
            "msg/s",
            median(rates["sqlite"]),
            "SQLite",
            tuple(one / lite for one, lite in zip(rates["one"], rates["sqlite"], strict=True)),
            at_most=False,
        ),
    ]


@contextmanager
def _desks(on: Stage) -> Iterator[Desks]:
    folder = on.folder.parent
    with ExitStack() as open_until_then:
        redis: RedisServer = open_until_then.enter_context(redis_server(_made(folder / "redis")))
        postgres: PostgresServer = open_until_then.enter_context(
            postgres_server(_made(folder / "postgres"), durable=True)
        )
        keys = Sealer.new_key()

        def settings(**more: str) -> dict[str, str]:
            database = postgres.url(postgres.fresh())
            given = {"VIPDESK_DATABASE_URL": database, "VIPDESK_SECRET_KEYS": keys, **more}
            seed(settings_of(folder / "split", **given), on.site.origin)
            return given

        def server(role: str, given: dict[str, str]) -> DeskServer:
            return open_until_then.enter_context(DeskServer(folder / "split", role, **given))

        alone = settings()
        split = settings(VIPDESK_REDIS_URL=redis.url)
        one = server("", alone)
        contacts, agents, _ = server("web", split), server("web", split), server("clock", split)
        yield Desks(one.port, contacts.port, agents.port)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
