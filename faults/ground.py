"""Where a row is played: a database and a live of its own, and the processes of a desk on them."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from faults.frame import POSTGRES, Outcome, Skipped
from server.demo.client import ClientLog
from tests.support.checker import Sizes, bounded, check
from tests.support.eventually import eventually
from tests.support.running import RunningDesk
from tests.support.services import NotToBeHad, PostgresServer, RedisServer, postgres_server, redis_server

IN_HOURS = "2026-03-04T09:00:00Z"
SETTINGS = {
    "VIPDESK_CLOCK": IN_HOURS,
    "VIPDESK_FRAME_RATE": "1000",
    "VIPDESK_FRAME_BURST": "1000",
    "VIPDESK_LOG_LEVEL": "warning",
    "VIPDESK_LINES_PER_ADDRESS": "0",
}
"""A demo in office hours that does not slow down who drives it."""


@dataclass
class House:
    """The processes of one desk. The first does everything; the others are `web`."""

    desks: list[RunningDesk]
    url: str
    redis: RedisServer | None = None
    postgres: PostgresServer | None = None
    database: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    before: dict[int, Sizes] = field(default_factory=dict)

    @property
    def desk(self) -> RunningDesk:
        return self.desks[0]

    @property
    def all_settings(self) -> dict[str, str]:
        """For who opens its record beside it."""
        return self.settings | {"VIPDESK_DATA": str(self.desk.folder)}

    def origin(self, number: int) -> str:
        """Of the process whose turn it is."""
        return self.desks[number % len(self.desks)].origin

    def restart(self, number: int = 0) -> None:
        """After a kill, as a supervisor does at once."""
        self.desks[number].start()
        self.measure()

    def add(self, settings: dict[str, str]) -> None:
        """One more `web` process on the same data."""
        first = self.desks[0]
        desk = RunningDesk(first.folder, self.settings | settings, ("web",))
        desk.log = first.folder.parent / f"desk-{len(self.desks)}.log"
        desk.start()
        self.desks.append(desk)
        self.measure()

    def measure(self) -> None:
        """What the processes hold now, to be compared with at the end (I10)."""
        self.before = {each.pid: self.before.get(each.pid) or Sizes.of(each.pid) for each in self.desks}

    async def judge(self, outcome: Outcome, logs: list[ClientLog], *, settled: bool = True, wait_s: float = 20) -> None:
        """What the checker says once everything has come to rest, or still says after `wait_s`."""
        found: list[str] = []

        def clean() -> bool:
            found[:] = check(self.url, logs, settled=settled)
            return not found

        with contextlib.suppress(AssertionError):
            await eventually(clean, wait_s)
        outcome.judge(found)

    async def judge_sizes(self, outcome: Outcome) -> None:
        """I10, when all lines are closed."""
        found: list[str] = []

        def clean() -> bool:
            now = {each.pid: Sizes.of(each.pid) for each in self.desks}
            found[:] = [said for pid, was in self.before.items() if pid in now for said in bounded(was, now[pid])]
            return not found

        with contextlib.suppress(AssertionError):
            await eventually(clean, 20)
        outcome.judge(found)


@dataclass
class Ground:
    """`house` builds on it as often as a row likes; each record is new."""

    name: str
    folder: Path

    @property
    def is_postgres(self) -> bool:
        return self.name == POSTGRES

    @contextlib.contextmanager
    def servers(self) -> Iterator[tuple[PostgresServer, RedisServer]]:
        """Both of this ground's own: they may be killed. Raises Skipped."""
        try:
            with contextlib.ExitStack() as stack:
                own = Path(tempfile.mkdtemp(dir=self.folder))
                yield stack.enter_context(postgres_server(own)), stack.enter_context(redis_server(own))
        except NotToBeHad as error:
            raise Skipped(f"There is no {error} here.") from error

    @contextlib.contextmanager
    def record(self) -> Iterator[str]:
        """The URL of a new, empty record, without a desk. Raises Skipped."""
        with self.records() as new:
            yield new()

    @contextlib.contextmanager
    def records(self) -> Iterator[Callable[[], str]]:
        """URLs of as many records as one asks for, on one server. Raises Skipped."""
        if self.is_postgres:
            with self.servers() as (postgres, _):
                yield lambda: postgres.url(postgres.fresh())
        else:
            yield lambda: f"sqlite:///{tempfile.mkdtemp(dir=self.folder)}/desk.db"

    @contextlib.contextmanager
    def house(
        self,
        processes: int = 1,
        settings: Mapping[str, str] | None = None,
        *,
        data: Path | None = None,
        tablespace: Path | None = None,
        within: tuple[str, ...] = (),
    ) -> Iterator[House]:
        """So many processes, one with SQLite. `data` and `tablespace`: where the record lies, if not anywhere;
        `within`: a command that runs them.
        """
        data = data or Path(tempfile.mkdtemp(dir=self.folder)) / "data"
        with contextlib.ExitStack() as stack:
            if self.is_postgres:
                postgres, redis = stack.enter_context(self.servers())
                database = postgres.fresh(tablespace)
                url = postgres.url(database)
                shared = {"VIPDESK_DATABASE_URL": url, "VIPDESK_REDIS_URL": redis.url}
                house = House([], url, redis, postgres, database)
            else:
                processes, shared = 1, {}
                house = House([], f"sqlite:///{data}/vipdesk.db")
            for number in range(processes):
                env = SETTINGS | shared | dict(settings or {})
                desk = RunningDesk(data, env, ("web",) if number else (), within=within)
                desk.log = self.folder / f"{data.parent.name}-{number}.log"
                house.settings = env
                house.desks.append(stack.enter_context(desk))
            house.measure()
            yield house


def cpu_s(pid: int) -> float:
    """What a process has used of a processor since it was started."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
