"""Tries a button without changing anything: whether a page may show it, whether a token of its site holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from desk.administration.origins import origin_of
from desk.identity import Identity
from desk.site_tokens import TOKEN_USES, TokenRefused
from server.pages.texts import _
from store.buttons import Button


@dataclass(frozen=True)
class Tried:
    """What a try found."""

    fine: bool
    said: str
    detail: str = ""


def page(kept: Button, address: str) -> Tried:
    """Whether the page under an address may show the button."""
    scheme, _colon, rest = address.partition("://")
    origin = origin_of(f"{scheme}://{rest.split('/')[0].split('?')[0].split('#')[0]}") if rest else None
    if origin is None:
        return Tried(False, _("This is no address of a page. One begins with https://"))
    elif not kept.active:
        return Tried(False, _("The button is off: no page shows it."))
    elif origin in kept.origins:
        return Tried(True, _("Pages of {origin} show the button.", origin=origin))
    return Tried(False, _("Pages of {origin} do not show the button: their origin is not on its list.", origin=origin))


async def token(identity: Identity, kept: Button, token: str) -> Tried:
    """Whether what a site signed holds, else which check failed; it is not used up."""
    try:
        claims = await identity.claims(kept, token)
    except TokenRefused as error:
        return Tried(False, _(error.why.msgid, **error.why.values))
    if await identity.uses(kept, claims) >= TOKEN_USES:
        return Tried(
            False, _("It was used {most} times already: make a new one, with a jti of its own.", most=TOKEN_USES)
        )
    shown = {name: claims[name] for name in ("sub", "name", "email", "aud", "jti") if name in claims}
    ends = datetime.fromtimestamp(claims["exp"], UTC)
    said = _("The token holds until {time}.", time=f"{ends:%H:%M:%S} UTC")
    return Tried(True, said, json.dumps(shown, ensure_ascii=False))
