"""Ids: fit for an address and for a command line."""

from __future__ import annotations

import re

import pytest

from store import ids


def test_an_id_that_a_command_would_read_as_an_option_is_never_given(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["-G1uUgB_-fzCQroZdrnvWw", "--1uUgB_-fzCQroZdrnvWw", "_G1uUgB_-fzCQroZdrnvWw"])
    monkeypatch.setattr(ids, "source", lambda size: next(drawn))
    assert ids.new_id() == "_G1uUgB_-fzCQroZdrnvWw"


def test_ids_are_128_random_bits_in_letters_that_addresses_take_as_they_are() -> None:
    some = {ids.new_id() for _ in range(2000)}
    assert len(some) == 2000
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{21}", each) for each in some)
