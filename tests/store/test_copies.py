"""Copies know everything that the record names outside of itself."""

from __future__ import annotations

from store.copies.soundness import NAMED
from store.schema import metadata


def test_every_column_that_names_a_file_is_known_to_backups() -> None:
    named = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("sha256") or column.name in ("photo", "picture", "blob", "raw")
    }
    assert len(named) == 5
    assert {each for each in named if f"{each.split('.')[1]} FROM {each.split('.')[0]}" in NAMED} == named
