"""`vipdesk export`: everything that is somebody's, nothing that lets in, the same from either database."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import LargeBinary

from store import export, export_nouns
from store.export_nouns import COLUMNS, OF_CUSTOMER, WITHHELD
from store.schema import metadata
from tests.support.copying import Place, files

CANARY = "canary-that-lets-in"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A demo desk with its history, an attachment, and a canary in everything that must stay inside."""
    place = Place(tmp_path_factory.mktemp("demo") / "data")
    place.run("demo")
    with closing(sqlite3.connect(place.data / "vipdesk.db")) as db:
        plant(db)
        db.commit()
    return place


def plant(db: sqlite3.Connection) -> None:
    """In every text and blob of what is withheld; tables without a row get one."""
    db.execute("INSERT INTO meta VALUES (?, ?)", (CANARY, CANARY))
    for name in set(WITHHELD) - {"meta"}:
        table, _, column = name.partition(".")
        columns = metadata.tables[table].columns
        if not column and not db.execute(f'SELECT 1 FROM "{table}"').fetchone():
            given = {each.name: CANARY.encode() if isinstance(each.type, LargeBinary) else 1 for each in columns}
            places = ", ".join("?" * len(given))
            db.execute(f'INSERT INTO "{table}" VALUES ({places})', list(given.values()))
        for each in columns:
            if (not column or each.name == column) and each.name != "totp_step":
                value = "CAST(? AS BLOB)" if isinstance(each.type, LargeBinary) else "? || rowid"
                db.execute(f'UPDATE "{table}" SET "{each.name}" = {value}', (CANARY,))
    db.execute(
        "INSERT INTO outgoing_mail (id, kind, subject, body, created_at, send_at) "
        "VALUES ('mail', 'code', 's', ?, 1, 1)", (CANARY,),
    )  # fmt: skip


def lines(folder: Path, noun: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{noun}.jsonl").read_text("utf-8").splitlines()]


def test_every_column_is_exported_or_withheld_with_a_reason() -> None:
    every = {f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.columns}
    exported = {f"{noun}.{name}" for noun, names in COLUMNS.items() for name in names.split()}
    withheld = {each for each in every if each in WITHHELD or each.split(".")[0] in WITHHELD}
    assert exported | withheld == every and exported & withheld == set()


def test_nothing_that_lets_in_is_exported(demo: Place, tmp_path: Path) -> None:
    assert CANARY.encode() in (demo.data / "vipdesk.db").read_bytes()
    told = demo.told("export", str(tmp_path / "export"))
    assert told["files"] == 8 and told["missing"] == []
    found = files(tmp_path / "export")
    assert [name for name, data in found.items() if CANARY.encode() in data] == []
    assert set(found) >= {f"{noun}.jsonl" for noun in COLUMNS}


def test_what_a_row_names_is_in_the_export_also_of_one_customer(demo: Place, tmp_path: Path) -> None:
    for arguments in ((), ("--customer", "brightwater.example")):
        folder = tmp_path / f"export{len(arguments)}"
        rows = demo.told("export", str(folder), *arguments)["rows"]
        there = {noun: lines(folder, noun) for noun in rows}
        assert len(there["message"]) == rows["message"] > 10
        for noun, found in there.items():
            for key in metadata.tables[noun].foreign_keys:
                named = {row[key.parent.name] for row in found} - {None}
                assert named <= {row["id"] for row in there[key.column.table.name]}, f"{noun}.{key.parent.name}"


def test_an_export_of_a_customer_has_nothing_of_another(demo: Place, tmp_path: Path) -> None:
    demo.told("export", str(tmp_path / "all"))
    demo.told("export", str(tmp_path / "theirs"), "--customer", "Brightwater Hotels")
    assert [each["name"] for each in lines(tmp_path / "theirs", "customer")] == ["Brightwater Hotels"]
    others = {each["id"] for noun in ("customer", "ticket", "contact") for each in lines(tmp_path / "all", noun)}
    others -= {each["id"] for noun in ("customer", "ticket", "contact") for each in lines(tmp_path / "theirs", noun)}
    assert len(others) > 5
    text = b"".join((tmp_path / "theirs" / f"{noun}.jsonl").read_bytes() for noun in OF_CUSTOMER)
    assert [each for each in others if f'"{each}"'.encode() in text] == []


def test_pages_of_any_size_and_either_database_give_the_same_lines(
    demo: Place, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path / "data")
    place.run("demo")
    place.told("export", str(tmp_path / "one"))
    monkeypatch.setattr(export, "PAGE", 3)
    place.told("export", str(tmp_path / "two"))
    place.told("backup", str(tmp_path / "target"))
    shared = Place(tmp_path / "shared", postgres_url)
    shared.told("restore", str(tmp_path / "target"))
    shared.told("export", str(tmp_path / "three"))
    one, two, three = (files(tmp_path / name) for name in ("one", "two", "three"))
    for each in (one, two, three):
        del each["export.json"]
    assert one == two and set(one) == set(three)
    assert [name for name in one if one[name] != three[name]] == ["audit.jsonl"]  # it has the row of the restore
    assert one["audit.jsonl"] == three["audit.jsonl"][: len(one["audit.jsonl"])]


def test_an_export_has_its_name_only_when_it_is_whole(demo: Place, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("years of work")
    said = demo.refused("export", str(tmp_path / "full"))
    assert said == f"{tmp_path / 'full'} is there already. Choose a folder that is not."
    assert "There is no customer nobody" in demo.refused("export", str(tmp_path / "e"), "--customer", "nobody")
    assert [each.name for each in tmp_path.iterdir()] == ["full"]


def test_a_file_that_the_desk_lost_is_named(demo: Place, tmp_path: Path) -> None:
    place = Place(tmp_path / "data")
    shutil.copytree(demo.data, place.data)
    next(each for each in (place.data / "files").rglob("*") if each.is_file()).write_bytes(b"something else")
    told = place.told("export", str(tmp_path / "export"))
    assert told["files"] == 7 and len(told["missing"]) == 1
    assert json.loads((tmp_path / "export" / "export.json").read_text())["missing"] == told["missing"]


def test_every_noun_has_a_key_that_orders_it() -> None:
    assert [noun for noun in COLUMNS if not set(export_nouns.keys(noun)) <= set(COLUMNS[noun].split())] == []
