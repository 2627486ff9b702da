"""Fixtures of every test: the real servers, and what the run says at its end when one could not be had."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser

from store import migrations
from store.postgres import connect
from tests.longest import LONGEST
from tests.support import bytecode, services
from tests.support.browser import started
from tests.support.dovecot import DovecotServer, dovecot_server
from tests.support.postfix import PostfixServer, postfix_server
from tests.support.services import NotToBeHad, PostgresServer, RedisServer

bytecode.keep()
settings.register_profile("desk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("desk")  # how fast a machine is, is no property of the code
T = TypeVar("T")
STRICT = os.environ.get("CI", "") not in ("", "0", "false") or os.environ.get("STRICT") == "1"


@pytest.fixture(scope="session")
def _redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer | None]:
    yield from _started(services.redis_server, tmp_path_factory.mktemp("redis"))


@pytest.fixture(scope="session")
def _postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer | None]:
    yield from _started(services.postgres_server, tmp_path_factory.mktemp("postgres"))


def _started(start: Callable[[Path], AbstractContextManager[T]], folder: Path) -> Iterator[T | None]:
    """The server, or None where it cannot be had."""
    try:
        with start(folder) as server:
            yield server
    except NotToBeHad:
        yield None


@pytest.fixture
def redis_server(_redis: RedisServer | None, request: pytest.FixtureRequest) -> RedisServer:
    """A real Redis, the same for the whole run: use a prefix of your own."""
    if _redis is None:
        _skip("redis", request)
    assert _redis is not None
    return _redis


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """Its address."""
    return redis_server.url


@pytest.fixture
def postgres_server(_postgres: PostgresServer | None, request: pytest.FixtureRequest) -> PostgresServer:
    """A real PostgreSQL cluster, the same for the whole run."""
    if _postgres is None:
        _skip("postgresql", request)
    assert _postgres is not None
    return _postgres


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A fresh, empty database of the test's own."""
    name = postgres_server.fresh()
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(scope="session")
def _laid(_postgres: PostgresServer | None) -> str | None:
    """A database whose tables are there, to be copied: that is quicker than to lay them out each time."""
    if _postgres is None:
        return None
    name = _postgres.fresh()
    with connect(_postgres.url(name)) as raw:
        migrations.migrate_postgres(raw)
    return name


@pytest.fixture
def laid_postgres_url(postgres_server: PostgresServer, _laid: str | None) -> Iterator[str]:
    """A database of the test's own with the tables in it, and nothing in them."""
    assert _laid is not None
    name = postgres_server.copy(_laid)
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(scope="session")
def _dovecot() -> Iterator[DovecotServer | None]:
    yield from _started(lambda _: dovecot_server(), Path())


@pytest.fixture
def dovecot(_dovecot: DovecotServer | None, request: pytest.FixtureRequest) -> DovecotServer:
    """A real IMAP server, the same for the whole run: use a mailbox of your own."""
    if _dovecot is None:
        _skip("dovecot", request)
    assert _dovecot is not None
    return _dovecot


@pytest.fixture
def whole_dovecot(dovecot: DovecotServer, request: pytest.FixtureRequest) -> DovecotServer:
    """The same where it has LMTP, OAuth and a login of its own."""
    if not dovecot.whole:
        _skip("dovecot with its login (as root, or installed)", request)
    return dovecot


@pytest.fixture(scope="session")
def _postfix(_dovecot: DovecotServer | None) -> Iterator[PostfixServer | None]:
    if _dovecot is None or not _dovecot.whole:
        yield None
    else:
        yield from _started(lambda _: postfix_server(_dovecot), Path())


@pytest.fixture
def postfix(_postfix: PostfixServer | None, request: pytest.FixtureRequest) -> PostfixServer:
    """A real mail server that delivers to that Dovecot."""
    if _postfix is None:
        _skip("postfix (as root, beside dovecot with its login)", request)
    assert _postfix is not None
    return _postfix


@pytest.fixture(scope="module")
def _browser(request: pytest.FixtureRequest) -> Iterator[Browser | None]:
    whole = request.node.get_closest_marker("whole_browser") is not None
    try:
        with started(services.chromium() if whole else services.engine()) as one:
            yield one
    except NotToBeHad:
        yield None


@pytest.fixture
def chromium(_browser: Browser | None, request: pytest.FixtureRequest) -> Browser:
    """A headless Chromium, the same for the module (Playwright's loop must have ended when another test runs its own);
    every test makes contexts of its own. Its engine alone, unless the module is marked `whole_browser`."""
    if _browser is None:
        _skip("chromium", request)
    assert _browser is not None
    return _browser


@pytest.fixture
def chromium_path(request: pytest.FixtureRequest) -> str:
    """Where Chromium's engine is, for who needs a profile of their own."""
    try:
        return services.engine()
    except NotToBeHad:
        _skip("chromium", request)
        raise


def _skip(server: str, request: pytest.FixtureRequest) -> None:
    services.missing.note(server, request.node.nodeid)
    pytest.skip(f"no {server} here")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files first, and otherwise as they were found."""
    ranks = {config.rootpath / file: rank for rank, file in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A framed block for what was not tested."""
    if services.missing.tests:
        lines = [
            f"NOT TESTED: {server} ({len(tests)} tests)" for server, tests in sorted(services.missing.tests.items())
        ]
        lines.append("`make test` fetches them where apt reaches its packages; see bin/setup-services.")
        width = max(len(line) for line in lines) + 2
        terminalreporter.write_line("+" + "-" * width + "+")
        for line in lines:
            terminalreporter.write_line(f"| {line.ljust(width - 1)}|")
        terminalreporter.write_line("+" + "-" * width + "+")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """What one of several processes could not test is said by the one that sums up."""
    for server, tests in getattr(node, "workeroutput", {}).get("missing", {}).items():
        for test in tests:
            services.missing.note(server, test)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI nothing may go untested in silence."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["missing"] = {server: sorted(tests) for server, tests in services.missing.tests.items()}
    elif STRICT and services.missing.tests and exitstatus == 0:
        session.exitstatus = 1
