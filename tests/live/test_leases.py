"""Leases of this process: who is here, by kind."""

from __future__ import annotations

from live.leases import Leases


class Clock:
    """Moved by hand; seconds."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_a_person_is_here_while_one_of_their_sockets_is() -> None:
    clock = Clock()
    leases = Leases(15, clock)
    assert leases.beat("agent", "anna", "one") and not leases.beat("agent", "anna", "two")
    assert not leases.drop("agent", "anna", "one") and leases.people("agent") == {"anna"}
    clock.at = 15
    assert leases.people("agent") == frozenset() and leases.left_s("agent", "anna") == 0
    assert leases.beat("agent", "anna", "two")


def test_the_same_name_of_another_kind_is_another_person() -> None:
    leases = Leases(15, Clock())
    leases.beat("agent", "x", "one")
    leases.beat("contact", "x", "two")
    assert leases.drop("contact", "x", "two")
    assert leases.everyone() == [("agent", "x")]


def test_who_asks_for_agents_does_not_walk_through_the_contacts() -> None:
    clock = Clock()
    leases = Leases(15, clock)
    leases.beat("contact", "priya", "one")
    clock.at = 20
    assert leases.people("agent") == frozenset()
    assert leases.everyone() == [("contact", "priya")]  # was not looked at: what has run out is forgotten by who looks
    assert leases.people("contact") == frozenset() and leases.everyone() == []


def test_who_was_renewed_later_runs_out_later_whatever_the_order_of_coming() -> None:
    clock = Clock()
    leases = Leases(15, clock)
    for person in ("priya", "vera", "tom"):
        leases.beat("contact", person, "one")
    clock.at = 5
    leases.beat("contact", "priya", "one")
    leases.beat("contact", "tom", "two")
    leases.drop("contact", "tom", "two")
    clock.at = 15
    assert leases.people("contact") == {"priya"}
    clock.at = 20
    assert leases.people("contact") == frozenset()
