"""`make faults` says what was done, calls broken what is, goes on where it was; its page lists the rows there are."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from faults import page
from faults.frame import POSTGRES, SQLITE, Outcome, Row, rows
from faults.state import Result, State
from faults.table import render, write_json
from tests.support.checker import Sizes, bounded, hold_still


def _never(*_: object) -> Outcome:
    raise AssertionError("nobody plays")


ROW = Row("7", "something fails", (SQLITE, POSTGRES), _never, promise="back within", promise_s=2.0)


def result(**found: object) -> Result:
    return Result.of(ROW, SQLITE, outcome=Outcome(**found))  # type: ignore[arg-type]


def test_a_row_holds_only_when_something_was_done_in_time_and_nothing_broke() -> None:
    broken = Outcome(done=1)
    broken.judge(["contact c: message m was acknowledged and is there 0 times", "stream s has a gap or a twin: [1, 3]"])
    found = [
        Result.of(ROW, SQLITE), Result.of(ROW, SQLITE, skipped="There is no Redis here."), result(), result(done=1),
        result(done=1, recovered_s=[0.5, 2.5]), Result.of(ROW, SQLITE, outcome=broken), result(done=3, of=4),
        result(done=4, of=4),
    ]  # fmt: skip
    verdicts = ["not done", "skipped", "not done", "holds", "late", "broken", "in part", "holds"]
    assert [each.verdict for each in found] == verdicts
    assert (broken.lost, broken.doubled, broken.disordered) == (1, 0, 1)
    shown = render(found)
    assert "3 of 4" in shown and "back within: 2 s" in shown and "2.50 s" in shown and "is there 0 times" in shown
    assert "| NOT PLAYED: 7 something fails (SQLite, memory): There is no Redis here. |" in shown


def test_recovery_is_what_99_of_100_needed() -> None:
    assert Outcome(recovered_s=[9.0] + [1.0] * 99).recovery_s == 1.0
    assert Outcome(recovered_s=[9.0, 1.0]).recovery_s == 9.0
    assert Outcome().recovery_s is None


def test_what_was_done_is_remembered(tmp_path: Path) -> None:
    State(tmp_path / "deep" / "state.json").keep(result(done=3, recovered_s=[1.0], note="n"))
    kept = State(tmp_path / "deep" / "state.json")
    again = kept.of(ROW, SQLITE)
    assert again is not None and again.verdict == "holds" and again.outcome is not None
    assert (again.outcome.done, again.outcome.recovered_s, again.outcome.note) == (3, [1.0], "n")
    assert kept.of(ROW, POSTGRES) is None
    write_json([again], tmp_path / "rows.jsonl")
    written = json.loads((tmp_path / "rows.jsonl").read_text())
    assert (written["verdict"], written["recovery_s"], written["outcome"]["done"]) == ("holds", 1.0, 3)


def test_the_page_is_written_between_its_marks(tmp_path: Path) -> None:
    there = tmp_path / "page.md"
    there.write_text(f"Before\n{page.BEGIN}\nstale\n{page.END}\nAfter\n")
    page.write([result(done=3, note="it took a while")], "make faults 7", there)
    text = there.read_text()
    assert text.startswith("Before\n") and text.endswith("After\n") and "stale" not in text
    assert "`make faults 7`" in text and "| 7 | something fails | SQLite, memory | 3 |" in text
    page.write([Result.of(ROW, SQLITE), Result.of(ROW, POSTGRES)], "make faults", there)
    assert "| 7 | something fails | SQLite, memory | 3 |" in there.read_text(), "what was not played keeps its line"
    assert "- 7 SQLite, memory: it took a while" in there.read_text()
    assert "| 7 | something fails | PostgreSQL, Redis | - |" in there.read_text()
    there.write_text("no marks")
    with pytest.raises(ValueError, match="no place"):
        page.write([], "make faults", there)


def test_the_page_has_every_row_on_every_ground_and_no_other() -> None:
    lines = page.PAGE.read_text().split(page.BEGIN)[1].split(page.END)[0].splitlines()
    written = [tuple(cell.strip() for cell in line.strip("|").split("|"))[:3] for line in lines if line.startswith("|")]
    assert written[2:] == [(each.number, each.name, on) for each in rows() for on in each.on]


def test_no_two_rows_have_one_number() -> None:
    numbers = [each.number for each in rows()]
    assert len(set(numbers)) == len(numbers)


def test_a_process_that_keeps_files_open_is_found(tmp_path: Path) -> None:
    before = Sizes.of(os.getpid())
    kept = [(tmp_path / str(number)).open("w") for number in range(60)]
    after = Sizes.of(os.getpid())
    for each in kept:
        each.close()
    assert [said for said in bounded(before, after) if "open files" in said] != []
    assert list(bounded(before, before)) == []


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_record_is_checked_as_it_was_at_one_instant(database: str, request: pytest.FixtureRequest) -> None:
    if database == "sqlite":
        url = f"sqlite:///{request.getfixturevalue('tmp_path')}/record.db"
    else:
        url = request.getfixturevalue("postgres_url").replace("postgresql://", "postgresql+psycopg://", 1)
    engine, count = create_engine(url), text("select count(*) from event")
    with engine.connect() as reading, engine.connect() as writing:
        if database == "sqlite":
            writing.execute(text("pragma journal_mode = wal"))
        writing.execute(text("create table event (id integer)"))
        writing.commit()
        hold_still(reading)
        assert reading.execute(count).scalar() == 0
        writing.execute(text("insert into event values (1)"))
        writing.commit()
        assert reading.execute(count).scalar() == 0
    engine.dispose()
