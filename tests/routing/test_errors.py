"""Errors: the codes of the wire, the sentences, what goes beside them."""

import pytest

from routing import errors
from routing.errors import BadRequest, DeskError, NotFound, SlowDown, Stale, Unavailable

CODES = {
    "bad_request", "not_found", "forbidden", "conflict", "expired", "stale", "taken", "closed", "too_large",
    "slow_down", "unavailable",
}  # fmt: skip


def test_there_is_one_error_for_each_code_of_the_wire() -> None:
    subclasses = DeskError.__subclasses__()
    assert {error.code for error in subclasses} == CODES
    assert len(subclasses) == len(CODES)


def test_the_tree_in_the_docstring_names_every_error_and_its_code() -> None:
    tree = errors.__doc__ or ""
    for error in DeskError.__subclasses__():
        assert any(error.__name__ in line and f" {error.code} " in line for line in tree.splitlines()), error


@pytest.mark.parametrize("error", DeskError.__subclasses__())
def test_every_error_has_a_plain_sentence_of_its_own(error: type[DeskError]) -> None:
    raised = error()
    assert raised.message == str(raised) == error.sentence
    assert raised.message[0].isupper() and raised.message.endswith(".")


def test_a_message_and_a_field_say_what_is_wrong() -> None:
    raised = BadRequest("A severity is a number.", field="severity")
    assert (raised.message, raised.field, raised.retry_s, dict(raised.extra)) == (
        "A severity is a number.", "severity", None, {},
    )  # fmt: skip


def test_extra_goes_beside_the_message() -> None:
    assert NotFound(extra={"stream": "T"}).extra == {"stream": "T"}


def test_stale_carries_the_unseen_events() -> None:
    assert Stale(events=[{"seq": 8}]).extra == {"events": [{"seq": 8}]}


def test_slow_down_and_unavailable_say_when_to_try_again() -> None:
    assert SlowDown(retry_s=0.5).retry_s == 0.5
    assert Unavailable(retry_s=2).retry_s == 2
