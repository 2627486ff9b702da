"""Copies know everything that the record names outside of itself."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psycopg
import pytest

from store.copies import postgres
from store.copies.errors import CopyFailed
from store.copies.postgres import PostgresHome
from store.copies.soundness import NAMED
from store.postgres import APPLICATION
from store.schema import metadata


@pytest.fixture
def session(laid_postgres_url: str) -> Iterator[psycopg.Connection]:
    """One of a desk."""
    with psycopg.connect(laid_postgres_url, application_name=APPLICATION) as opened:
        yield opened


def test_every_column_that_names_a_file_is_known_to_backups() -> None:
    named = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("sha256") or column.name in ("photo", "picture", "blob", "raw")
    }
    assert len(named) == 5
    assert {each for each in named if f"{each.split('.')[1]} FROM {each.split('.')[0]}" in NAMED} == named


def test_a_desk_that_runs_on_the_database_is_said(
    laid_postgres_url: str, session: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "ENDS_S", 0.3)
    with pytest.raises(CopyFailed, match="A desk runs on this database"), PostgresHome(laid_postgres_url).idle():
        pass


def test_a_session_that_is_about_to_end_is_no_desk(
    laid_postgres_url: str, session: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleep, waited = time.sleep, []

    def ends_meanwhile(seconds: float) -> None:
        session.close()
        waited.append(seconds)
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", ends_meanwhile)
    with PostgresHome(laid_postgres_url).idle():
        assert waited
