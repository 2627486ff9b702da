"""Mails in files: folders of .eml, Maildirs, mboxes; each once, whole, with the instant at which it came."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailbox import archives
from mailbox.archives import Piece, came_at, pieces

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def written(path: Path, raw: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)


def found(path: Path) -> list[tuple[str, bytes | None]]:
    return [(each.name, each.raw) for each in pieces(path)]


def test_a_folder_has_eml_files_and_mboxes_in_folders_too_and_nothing_else(tmp_path: Path) -> None:
    written(tmp_path / "b.eml", b"B: b\n\nb")
    written(tmp_path / "A.EML", b"A: a\n\na")
    written(tmp_path / "2025" / "c.eml", b"C: c\n\nc")
    written(tmp_path / "old.mbox", b"From x Wed Mar  4 09:00:00 2026\nD: d\n\nd\n")
    written(tmp_path / "notes.txt", b"no mail")
    assert dict(found(tmp_path)) == {
        "b.eml": b"B: b\n\nb", "A.EML": b"A: a\n\na", "2025/c.eml": b"C: c\n\nc", "old.mbox#1": b"D: d\n\nd\n",
    }  # fmt: skip


def test_a_maildir_has_what_is_new_and_what_is_seen_in_its_folders_too_but_not_what_is_being_written(
    tmp_path: Path,
) -> None:
    written(tmp_path / "cur" / "1.host:2,S", b"A: a\n\na")
    written(tmp_path / "new" / "2.host", b"B: b\n\nb")
    written(tmp_path / "tmp" / "3.host", b"half")
    written(tmp_path / ".Archive" / "cur" / "4.host", b"C: c\n\nc")
    written(tmp_path / "dovecot-uidlist", b"3 V1")
    assert sorted(raw or b"" for _, raw in found(tmp_path)) == [b"A: a\n\na", b"B: b\n\nb", b"C: c\n\nc"]


def test_an_mbox_is_taken_apart_where_its_mails_begin_and_their_own_such_lines_are_given_back(tmp_path: Path) -> None:
    box = (
        b"From anna@example.org Wed Mar  4 09:00:00 2026\nSubject: one\n\n>From here it stopped.\nFrom now on\n\n"
        b"From ben@example.org Thu Mar  5 10:00:00 2026\r\nSubject: two\r\n\r\n>>From\r\n>From x\r\n"
    )
    written(tmp_path / "box", box)
    one, two = pieces(tmp_path / "box")
    assert one.raw == b"Subject: one\n\nFrom here it stopped.\nFrom now on\n"
    assert two.raw == b"Subject: two\r\n\r\n>>From\r\nFrom x\r\n"
    assert (one.filed, two.filed) == (datetime(2026, 3, 4, 9, tzinfo=UTC), datetime(2026, 3, 5, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("raw", "came"),
    [
        (b"Received: by b; Wed, 4 Mar 2026 09:00:00 +0100\nReceived: by a; Wed, 4 Mar 2026 07:00:00 +0000\n"
         b"Date: Tue, 3 Mar 2026 07:00:00 +0000\n\n", datetime(2026, 3, 4, 8, tzinfo=UTC)),
        (b"Date: Tue, 3 Mar 2026 07:00:00 +0000\n\n", datetime(2026, 3, 3, 7, tzinfo=UTC)),
        (b"Received: by a; yesterday\nDate: soon\n\n", datetime(2026, 1, 1, tzinfo=UTC)),
        (b"Date: Tue, 3 Mar 2099 07:00:00 +0000\n\n", NOW),
    ],
)  # fmt: skip
def test_when_it_came_is_what_its_server_says_else_its_sender_else_the_file_and_never_later_than_now(
    raw: bytes, came: datetime
) -> None:
    assert came_at(Piece("x", raw, datetime(2026, 1, 1, tzinfo=UTC)), NOW) == came


def test_what_cannot_be_taken_is_told_and_keeps_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 20)
    written(tmp_path / "a.eml", b"")
    written(tmp_path / "b.eml", b"x" * 21)
    written(tmp_path / "c.mbox", b"From x\nA: " + b"y" * 30 + b"\n\nFrom x\nB: b\n\n")
    os.symlink(tmp_path / "gone", tmp_path / "d.eml")
    told = {each.name: each.why for each in pieces(tmp_path)}
    assert told == {
        "a.eml": "It is empty.", "b.eml": "It is larger than a mail may be.",
        "c.mbox#1": "It is larger than a mail may be.", "c.mbox#2": "",
    }  # fmt: skip
    with pytest.raises(OSError):
        list(pieces(tmp_path / "nowhere"))


def test_links_are_not_followed_neither_round_nor_out(tmp_path: Path) -> None:
    outside, folder = tmp_path / "secret", tmp_path / "mails"
    outside.write_bytes(b"Subject: not yours\n\nx\n")
    folder.mkdir()
    (folder / "one.eml").write_bytes(b"Subject: one\n\nx\n")
    (folder / "round").symlink_to(folder)
    (folder / "out.eml").symlink_to(outside)
    (folder / "cur").mkdir()
    (folder / "cur" / "1").symlink_to(outside)
    assert [piece.name for piece in pieces(folder)] == ["one.eml"]


def test_a_line_without_end_is_not_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "LINE_BYTES", 40)
    file = tmp_path / "box.mbox"
    file.write_bytes(
        b"From a Wed Mar  4 09:00:00 2026\nSubject: one\n\n" + b"x" * 99 + b"\n\nFrom b\nSubject: two\n\ny\n"
    )
    assert [piece.raw for piece in pieces(file)] == [b"Subject: one\n\n" + b"x" * 99 + b"\n", b"Subject: two\n\ny\n"]
