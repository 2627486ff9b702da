"""`vipdesk backup`, `restore`: what either database held becomes the same desk on either; damage is refused."""

from __future__ import annotations

import fcntl
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from store.copies.folder import Folder
from store.times import micros
from tests.support.copying import Place, dump, files
from tests.support.running import ROOT
from tests.support.services import PostgresServer


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A demo desk with its history, which no test changes."""
    place = Place(tmp_path_factory.mktemp("demo") / "data")
    place.run("demo")
    return place


@pytest.fixture(scope="module")
def taken(demo: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a backup of it; damage a copy."""
    target = tmp_path_factory.mktemp("backups") / "target"
    demo.told("backup", str(target))
    shutil.copy(demo.data / "secret.key", target.parent / "key")
    return target


def the_record(target: Path) -> Path:
    return target / Folder(target).names()[-1] / "record.db"


def test_a_desk_goes_from_database_to_database_and_is_the_same(
    demo: Place, taken: Path, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    source, target, places = taken, taken, []
    urls = [postgres_server.url(postgres_server.fresh()) for _ in range(2)]
    for number, url in enumerate([*urls, ""]):
        place = Place(tmp_path / f"data{number}", url)
        source, target = target, tmp_path / f"target{number}"
        place.told("restore", str(source))
        told = place.told("backup", str(target))
        assert (told["copied"], told["missing"]) == (8, [])
        places.append(place)
    assert dump(the_record(target)) == dump(the_record(taken))
    assert files(target / "files") == files(taken / "files") == files(demo.data / "files")
    with psycopg.connect(urls[1]) as raw:
        highest = raw.execute("SELECT max(number) FROM ticket").fetchone()
        assert highest is not None
        assert raw.execute("SELECT nextval('ticket_number')").fetchone() == (highest[0] + 1,)
        with pytest.raises(psycopg.Error, match="audit"):
            raw.execute("DELETE FROM audit")
    for place in places:
        assert place.told("audit", "verify")["ok"]


def test_a_restored_desk_says_so_to_pages_mailbox_and_audit(taken: Path, tmp_path: Path) -> None:
    place = Place(tmp_path / "data")
    told = place.told("restore", str(taken))
    assert told["aside"] is None and told["closed_secrets"] == 3
    assert "3 secrets cannot be opened with the keys here" in place.run("restore", str(taken), "--replace")[1]
    again = place.told("restore", str(taken), "--replace")
    before = Folder(taken).path / Folder(taken).names()[-1] / "manifest.json"
    assert again["epoch"] != told["epoch"] and again["epoch"] not in before.read_text()
    place.told("backup", str(tmp_path / "target"))
    kept: dict[str, str] = dict(rows(the_record(tmp_path / "target"), "SELECT key, value FROM meta"))
    assert kept["epoch"] == again["epoch"]
    assert int(kept["mail_again_since"]) == micros(datetime.fromisoformat(told["taken_at"]))
    [(action, detail)] = rows(
        the_record(tmp_path / "target"), "SELECT action, detail FROM audit ORDER BY number DESC LIMIT 1"
    )
    assert action == "restore" and told["taken_at"] in detail


def test_keys_that_are_none_are_told_before_anything_is_changed(taken: Path, tmp_path: Path) -> None:
    place = Place(tmp_path)
    (tmp_path / "secret.key").write_text("nonsense")
    assert place.refused("restore", str(taken)).startswith("The keys of this place hold something that is no key")
    assert [each.name for each in tmp_path.iterdir()] == ["secret.key"]
    shutil.copy(taken.parent / "key", tmp_path / "secret.key")
    assert place.told("restore", str(taken))["closed_secrets"] == 0


def test_a_folder_that_a_restore_makes_is_for_nobody_else(taken: Path, tmp_path: Path) -> None:
    place = Place(tmp_path / "data")
    place.told("restore", str(taken))
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def rows(record: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(f"{record.as_uri()}?immutable=1", uri=True)) as db:
        return db.execute(statement).fetchall()


def test_a_desk_that_is_there_is_kept_aside_when_one_says_so(taken: Path, postgres_url: str, tmp_path: Path) -> None:
    for place in (Place(tmp_path / "data"), Place(tmp_path / "shared", postgres_url)):
        place.told("restore", str(taken))
        assert place.refused("restore", str(taken)) == (
            "There is a desk here already. Choose an empty place, or keep it aside with --replace."
        )
        told = place.told("restore", str(taken), "--replace")
        assert told["copied"] == 0 and place.told("audit", "verify")["ok"]
    with psycopg.connect(postgres_url) as raw:
        aside = psycopg.sql.Identifier(told["aside"])
        counted = raw.execute(psycopg.sql.SQL("SELECT count(*) FROM {}.ticket").format(aside)).fetchone()
        assert counted == raw.execute("SELECT count(*) FROM ticket").fetchone() != (0,)
    [kept] = (tmp_path / "data").glob("before-restore-*/vipdesk.db")
    assert dump(kept) == dump(the_record(taken))


def test_an_attachment_is_copied_once_and_goes_with_the_last_backup_that_names_it(demo: Place, tmp_path: Path) -> None:
    place, target = Place(tmp_path / "data"), tmp_path / "target"
    shutil.copytree(demo.data, place.data)
    first = place.told("backup", str(target))
    assert (first["copied"], first["files"]) == (8, 8)
    execute(place, "UPDATE agent SET photo = NULL WHERE id = (SELECT min(id) FROM agent WHERE photo IS NOT NULL)")
    assert place.told("backup", str(target))["copied"] == 0
    assert len(files(target / "files")) == 8
    assert place.told("backup", str(target), "--keep", "2")["removed"] == 1
    assert len(files(target / "files")) == 7 and len(Folder(target).names()) == 2
    assert place.told("backup", "verify", str(target))["ok"]


def execute(place: Place, statement: str) -> None:
    with sqlite3.connect(place.data / "vipdesk.db") as db:
        db.execute(statement)


def test_an_attachment_that_the_desk_lost_is_named_and_does_not_stop_the_backup(demo: Place, tmp_path: Path) -> None:
    place, target = Place(tmp_path / "data"), tmp_path / "target"
    shutil.copytree(demo.data, place.data)
    lost, changed = sorted(each for each in (place.data / "files").rglob("*") if each.is_file())[:2]
    lost.unlink()
    changed.write_bytes(b"x" * changed.stat().st_size)
    code, out, _ = place.run("backup", str(target))
    assert code == 1 and lost.name in out and changed.name in out
    assert place.told("backup", "verify", str(target))["files"] == 6


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


DAMAGE: list[tuple[str, Callable[[Path], None], str]] = [
    ("record.db", flip, "record.db is not as it was written"),
    ("record.db", cut, "record.db is not as it was written"),
    ("record.db", Path.unlink, "record.db is missing"),
    ("files.txt", cut, "files.txt is not as it was written"),
    ("manifest.json", flip, "manifest.json is not as it was written"),
    ("manifest.json", cut, "manifest.json is not as it was written"),
    ("manifest.json", Path.unlink, "it has no manifest.json that can be read"),
    ("files", flip, "is not as it was written"),
    ("files", cut, "is not as it was written"),
    ("files", Path.unlink, "is missing"),
]


@pytest.mark.parametrize(("part", "damage", "sentence"), DAMAGE, ids=[f"{p}-{d.__name__}" for p, d, _ in DAMAGE])
def test_a_damaged_backup_is_refused_and_changes_nothing(
    taken: Path, tmp_path: Path, part: str, damage: Callable[[Path], None], sentence: str
) -> None:
    target, place = tmp_path / "target", Place(tmp_path / "data")
    shutil.copytree(taken, target)
    name = Folder(target).names()[-1]
    damage(
        next(each for each in (target / "files").rglob("*") if each.is_file())
        if part == "files"
        else target / name / part
    )
    assert sentence in place.refused("backup", "verify", str(target))
    assert sentence in place.refused("restore", str(target / name))
    assert not place.data.exists()


def test_a_full_disk_is_said_in_a_sentence_and_leaves_no_half_of_a_backup(demo: Place, tmp_path: Path) -> None:
    target = tmp_path / "target"
    demo.told("backup", str(target))
    before = files(target)
    ran = subprocess.run(
        [sys.executable, "-m", "vipdesk", "backup", str(target)], cwd=ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {"VIPDESK_DATA": str(demo.data)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)),
    )  # fmt: skip
    assert ran.returncode == 1 and ran.stdout == ""
    [line] = ran.stderr.strip().splitlines()
    assert "cannot be written" in line
    assert files(target) == before


def test_only_one_backup_at_a_time_and_only_into_a_folder_for_backups(demo: Place, tmp_path: Path) -> None:
    other, target = tmp_path / "home", tmp_path / "target"
    other.mkdir()
    (other / "thesis.txt").write_text("years of work")
    assert demo.refused("backup", str(other)) == f"{other} holds other things. Choose an empty folder for backups."
    demo.told("backup", str(target))
    with (target / ".vipdesk-backups").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert demo.refused("backup", str(target)) == f"Another backup is being taken into {target}."


def test_where_there_is_nothing_to_take_or_put_back_one_is_told(taken: Path, tmp_path: Path, postgres_url: str) -> None:
    place = Place(tmp_path / "data")
    assert place.refused("backup", str(tmp_path / "a")).startswith("There is no record ")
    assert Place(tmp_path, postgres_url).refused("backup", str(tmp_path / "b")) == (
        "There is no record in this database."
    )
    assert place.refused("restore", str(tmp_path / "c")) == f"There is no whole backup in {tmp_path / 'c'}."
    assert place.run("backup", str(tmp_path / "a"), "--keep", "0")[0] == 2
