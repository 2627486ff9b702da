"""`vipdesk contact erase`: who they were, what they said and sent is nowhere, what others count on holds, and no
restore brings it back; on either database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from server.demo.cast import CUSTOMERS
from store.blobs import Blobs
from store.copies.folder import Folder
from store.ledger import Ledger
from tests.support.asking import contact, patiently, vouched
from tests.support.copying import Place, dump
from tests.support.running import RunningDesk

BRIGHTWATER = CUSTOMERS[0].key
PRIYA = next(each for each in CUSTOMERS[0].contacts if each.id == "priya")
SAID, SENT, SHARED = "the canary that was said", b"the canary that was sent", b"what two people sent"
WHO = ("Priya Raman", "--customer", "Brightwater Hotels")


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningDesk]:
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with RunningDesk(tmp_path / "data", {"VIPDESK_DATABASE_URL": url}) as running:
        yield running


def place_of(desk: RunningDesk) -> Place:
    return Place(desk.folder, desk._env["VIPDESK_DATABASE_URL"])


def ask(client: httpx2.Client, verb: str, **fields: Any) -> dict[str, Any]:
    return patiently(client, "/x/contact", {"type": verb, "rid": str(uuid.uuid4()), **fields})


def upload(client: httpx2.Client, name: str, body: bytes) -> str:
    answer = client.post("/files", files={"file": (name, body, "text/plain")})
    return str(answer.raise_for_status().json()["file"])


def talk(desk: RunningDesk) -> None:
    """Priya says and sends; Owen, her colleague, sends the same bytes as one of her files."""
    with contact(desk, BRIGHTWATER, jwt=vouched(desk, "priya")) as priya:
        ticket = ask(priya, "press", text=SAID, message_only=True)["ticket"]
        sent = [upload(priya, "canary-name.txt", body) for body in (SENT, SHARED)]
        assert ask(priya, "say", ticket=ticket, body=SAID, files=sent)["type"] == "ok"
    with contact(desk, BRIGHTWATER) as visitor:
        ticket = ask(visitor, "press", text="Hello", message_only=True)["ticket"]
        assert (
            ask(visitor, "say", ticket=ticket, body="Hello", files=[upload(visitor, "own.txt", SHARED)])["type"] == "ok"
        )


def held(target: Path, number: int) -> str:
    """All rows of one of the backups, as text."""
    return repr(dump(target / Folder(target).names()[number] / "record.db"))


def traces(text: str) -> list[str]:
    wanted = (SAID, PRIYA.email, "canary-name")
    return [each for each in wanted if each in text]


def test_nothing_of_them_is_left_and_no_restore_brings_it_back(desk: RunningDesk, tmp_path: Path) -> None:
    place, target = place_of(desk), tmp_path / "target"
    talk(desk)
    place.told("backup", str(target))
    assert len(traces(held(target, 0))) == 3
    told = place.told("contact", "erase", *WHO)
    assert told["files"] == 1
    assert _contents(desk.folder).isdisjoint({SENT}) and SHARED in _contents(desk.folder)
    place.told("backup", str(target))  # which looks for gaps in the streams
    assert traces(held(target, 1)) == []
    assert place.told("audit", "verify")["ok"]
    assert "no contact" in place.refused("contact", "erase", *WHO)
    back = Place(tmp_path / "back")
    done = back.told("restore", str(target / Folder(target).names()[0]))
    assert done["erased_again"] >= 1
    back.told("backup", str(tmp_path / "again"))
    assert traces(held(tmp_path / "again", 0)) == []
    assert _contents(back.data).isdisjoint({SENT}) and SHARED in _contents(back.data)
    assert back.told("audit", "verify")["ok"]


def test_nobody_is_erased_while_they_chat(desk: RunningDesk) -> None:
    with contact(desk, BRIGHTWATER, jwt=vouched(desk, "priya")) as priya:
        ask(priya, "press", text=SAID)
        place = place_of(desk)
        assert "They are in a chat" in place.refused("contact", "erase", *WHO)
    assert not Ledger(desk.folder).of([PRIYA.id])  # a restore would erase whom the desk kept


def test_a_blob_that_is_named_again_in_time_stays(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "files")
    kept = blobs.put_bytes(SENT).sha256
    assert not blobs.retire(kept, lambda: not blobs.exists(kept)) and blobs.exists(kept)
    assert blobs.retire(kept, lambda: False) and not blobs.exists(kept)
    assert not blobs.retire(kept, lambda: False)


def _contents(data: Path) -> set[bytes]:
    return {each.read_bytes() for each in (data / "files").rglob("*") if each.is_file()}
