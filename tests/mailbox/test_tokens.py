"""What our own addresses and Message-IDs say comes back whole, and nobody makes one."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from mailbox import tokens
from store.ids import new_id
from tests.support.world import SEALER

BASE = "support@larkfield.example"
ids = st.one_of(st.builds(new_id), st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True))


@given(mail=ids, ticket=ids)
def test_each_token_comes_back_as_what_it_is_and_as_nothing_else(mail: str, ticket: str) -> None:
    thread = tokens.address(SEALER, BASE, ticket) or ""
    bounce = tokens.bounce_address(SEALER, BASE, mail) or ""
    copy = tokens.copy_address(SEALER, BASE, mail) or ""
    id = tokens.message_id(SEALER, mail, ticket, "larkfield.example")
    for written in (str.lower, str.upper):
        every = [written(each) for each in (thread, bounce, copy)]
        assert tokens.tickets(SEALER, every, [written(id)]) == (ticket,)
        assert tokens.tickets(SEALER, [], [written(id)]) == (ticket,)
        assert tokens.bounced(SEALER, every) == mail
        assert tokens.copied(SEALER, every) == mail
        assert tokens.bounced(SEALER, [copy, thread]) is None
        assert tokens.copied(SEALER, [bounce, thread]) is None
        assert tokens.tickets(SEALER, [bounce, copy], []) == ()


@given(mail=ids, place=st.integers(0, 200))
def test_a_token_with_one_letter_changed_says_nothing(mail: str, place: int) -> None:
    address = tokens.copy_address(SEALER, BASE, mail) or ""
    start = address.index("+s.") + 3
    signs = [at for at in range(start, address.index("@")) if address[at] != "-"]
    at = signs[place % len(signs)]
    forged = address[:at] + ("a" if address[at] != "a" else "b") + address[at + 1 :]
    assert tokens.copied(SEALER, [forged]) in (None, mail)  # bits that are padding say nothing
    assert tokens.copied(SEALER, [forged]) is None or at < address.index("-")


def test_ids_of_ours_leave_room_for_a_name_before_the_plus() -> None:
    made = tokens.copy_address(SEALER, "first.line.support@larkfield.example", new_id())
    assert made is not None and len(made.partition("@")[0]) <= 64
    assert tokens.copy_address(SEALER, f"{'x' * 40}@larkfield.example", new_id()) is None


def test_mail_about_no_ticket_has_an_id_that_names_none() -> None:
    id = tokens.message_id(SEALER, new_id(), None, "larkfield.example")
    assert re.fullmatch(r"<n\.[a-z2-7]{26}-[a-z2-7]{16}@larkfield\.example>", id)
    assert tokens.tickets(SEALER, [], [id]) == ()


def test_what_is_no_token_is_passed_over() -> None:
    odd = ["", "@", "support+s.@x", "support+s.aaaa-bbbb@x", "+s.1111111-aaaaaaaaaaaaaaaa@x", "s.mz-aaaaaaaaaaaaaaaa@x"]
    assert (tokens.copied(SEALER, odd), tokens.bounced(SEALER, odd), tokens.tickets(SEALER, odd, odd)) == (
        None,
        None,
        (),
    )
