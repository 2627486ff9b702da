"""What is fetched together, how numbers are written, how long to wait."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from mailbox.imap.backoff import Backoff
from mailbox.imap.batches import HEADERS_ABOVE, MOST_BYTES, MOST_MAILS, Batch, batches, uid_sets

MIB = 1024 * 1024


@given(st.dictionaries(st.integers(1, 10_000), st.integers(0, 60 * MIB), max_size=200))
def test_every_mail_is_in_one_batch_in_order_and_no_batch_is_too_big(sizes: dict[int, int]) -> None:
    made = list(batches(sizes))
    assert [uid for batch in made for uid in batch.uids] == sorted(sizes)
    for batch in made:
        carried = sum(sizes[uid] for uid in batch.uids)
        if batch.how == "whole":
            assert len(batch.uids) <= MOST_MAILS and carried <= MOST_BYTES
        elif batch.how == "parts":
            assert len(batch.uids) == 1 and MOST_BYTES < carried <= HEADERS_ABOVE
        else:
            assert len(batch.uids) == 1 and carried > HEADERS_ABOVE


def test_small_mails_go_together_up_to_a_limit() -> None:
    assert [len(batch.uids) for batch in batches({uid: 10 for uid in range(1, 121)})] == [50, 50, 20]
    assert list(batches({1: 8 * MIB, 2: 1, 3: 8 * MIB + 1, 4: 51 * MIB})) == [
        Batch("whole", (1,)),
        Batch("whole", (2,)),
        Batch("parts", (3,)),
        Batch("headers", (4,)),
    ]


@given(st.sets(st.integers(1, 5_000), max_size=300), st.integers(12, 60))
def test_number_sets_name_every_number_once_on_short_lines(uids: set[int], longest: int) -> None:
    named: list[int] = []
    for line in uid_sets(uids, longest):
        assert len(line) <= longest
        for each in line.split(","):
            first, _, last = each.partition(":")
            named += range(int(first), int(last or first) + 1)
    assert named == sorted(uids)


def test_tries_come_ever_later_by_chance_and_start_anew_after_success() -> None:
    backoff = Backoff(chance=random.Random(7))
    waits = [backoff.next_s() for _ in range(200)]
    assert all(0.2 <= wait <= 60 for wait in waits)
    assert all(wait <= 0.2 * 2**tries for tries, wait in enumerate(waits[:9]))
    assert len(set(waits[20:])) > 150
    assert max(waits[20:]) > 50 and min(waits[20:]) < 10
    backoff.reset()
    assert backoff.next_s() == 0.2
