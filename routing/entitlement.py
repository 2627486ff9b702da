"""Whether the dedicated service is due: add-on, identity, office hours; whom to ring then: choose.py."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from routing import hours
from routing.hours import Calendar

Identity = Literal["verified", "unverified"]
Policy = Literal["open", "verified"]
Because = Literal["open", "not_entitled", "not_started", "expired", "unverified", "holiday", "closed"]


@dataclass(frozen=True)
class AddOn:
    """The dedicated service as sold: from `since` (included) to `until` (excluded; None: no end)."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Due:
    """`because` is `open` when the service is due, else the first condition that fails."""

    dedicated: bool
    because: Because


def due(now: datetime, calendar: Calendar, add_on: AddOn | None, identity: Identity, policy: Policy) -> Due:
    """Whether this contact is owed the dedicated service at `now`."""
    because = _missing(now, add_on, identity, policy) or hours.because(calendar, now)
    return Due(because == "open", because)


def edges(
    now: datetime, calendar: Calendar, add_on: AddOn | None, identity: Identity, policy: Policy
) -> datetime | None:
    """The next instant after `now` at which `due` may answer otherwise by the passing of time alone, or None."""
    missing = _missing(now, add_on, identity, policy)
    if add_on is None or missing == "expired":
        return None
    elif missing == "not_started":
        return add_on.since
    elif missing == "unverified":
        return add_on.until
    else:
        return _earliest(add_on.until, hours.next_edge(calendar, now))


def _missing(now: datetime, add_on: AddOn | None, identity: Identity, policy: Policy) -> Because | None:
    """The first condition that fails, hours aside."""
    if add_on is None:
        return "not_entitled"
    elif now < add_on.since:
        return "not_started"
    elif add_on.until is not None and now >= add_on.until:
        return "expired"
    elif policy == "verified" and identity != "verified":
        return "unverified"
    else:
        return None


def _earliest(*instants: datetime | None) -> datetime | None:
    return min((instant for instant in instants if instant is not None), default=None)
