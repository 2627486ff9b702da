"""The plans on which the add-on is sold, and what it costs a month: shown, not billed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from desk.actors import Signed
from desk.administration.changing import Change, Changing
from desk.administration.checking import Check
from store import settings
from store.engine import Connection

CURRENCY = "EUR"
MOST = 20
MOST_CENTS = 100_000_000
_FEE = re.compile(r"(\d{1,3}(?:[ ,']\d{3})+|\d+)(?:\.(\d{1,2}))?")


@dataclass(frozen=True)
class Plan:
    """A plan of the desk's owner that may have the add-on, and its fee a month."""

    name: str
    fee_cents: int


SHIPPED = (Plan("All-inclusive", 100_000),)


class Plans:
    """Changes them."""

    def __init__(self, changing: Changing) -> None:
        self._changing = changing

    async def set(self, signed: Signed | None, text: str) -> None:
        """The list anew: a plan per line with its fee, `All-inclusive: 1000.00`. What is sold stays as it is."""

        def verb(change: Change) -> None:
            check = Check()
            named = _checked(check, text)
            check.done()
            if named != plans(change.connection):
                settings.put(change.connection, "plans", [[each.name, each.fee_cents] for each in named])
                change.audit("plans", "plans", {each.name: each.fee_cents for each in named})

        await self._changing.change(signed, "plans", verb)


def plans(connection: Connection) -> tuple[Plan, ...]:
    """As the admin listed them; else as shipped."""
    kept = settings.get(connection, "plans", None)
    return SHIPPED if kept is None else tuple(Plan(name, fee) for name, fee in kept)


def drafted(kept: tuple[Plan, ...]) -> str:
    """The list as it is entered."""
    return "\n".join(f"{each.name}: {amount(each.fee_cents)}" for each in kept)


def amount(cents: int) -> str:
    """A fee as it is entered."""
    return f"{cents // 100}.{cents % 100:02}"


def fee(check: Check, field: str, text: str) -> int:
    """Cents of an amount such as 1000 or 1,000.50."""
    match = _FEE.fullmatch(text.strip().removesuffix(CURRENCY).strip())
    if match is None:
        check.refuse(
            field, "“{text}” is not an amount. Write it like 1000 or 1,000.50, in {currency}.",
            text=text.strip()[:40], currency=CURRENCY,
        )  # fmt: skip
        return 0
    whole = re.sub(r"\D", "", match[1])[:12]
    cents = int(whole) * 100 + int((match[2] or "0").ljust(2, "0"))
    if cents > MOST_CENTS:
        check.refuse(field, "At most {most} {currency} a month.", most=MOST_CENTS // 100, currency=CURRENCY)
    return cents


def _checked(check: Check, text: str) -> tuple[Plan, ...]:
    found: list[Plan] = []
    for number, line in enumerate(text.splitlines(), start=1):
        name, _colon, amount = (part.strip() for part in line.replace("=", ":").rpartition(":"))
        if line.strip() and not name:
            check.refuse(
                "plans", "Line {number} is no plan with a fee. Write it like All-inclusive: 1000", number=number
            )
        elif name:
            found.append(Plan(check.line("plans", name, 60), fee(check, "plans", amount)))
    names = [each.name.casefold() for each in found]
    twice = [each.name for each in found if names.count(each.name.casefold()) > 1]
    if twice:
        check.refuse("plans", "{plan} is listed twice. Take one of the two off the list.", plan=twice[0])
    if not found:
        check.refuse("plans", "Enter at least one plan: without one nothing can be sold.")
    if len(found) > MOST:
        check.refuse("plans", "At most {most} plans fit the list.", most=MOST)
    return tuple(found)
