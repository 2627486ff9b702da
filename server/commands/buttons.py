"""`vipdesk button …`: the unique buttons, the code that shows one, and the keys by which sites sign."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from desk.administration.buttons import POLICIES, ButtonDraft, drafted, embed_code, plain_link
from desk.promising import button_state
from routing.errors import BadRequest
from server import trying
from server.cli import Failed
from server.commands import naming
from server.commands.reaching import Reach, command, given, group, lined, options, table
from store import buttons, calendars, customers
from store.buttons import Button
from store.engine import Connection

FIELDS = (
    ("name", "where it stands, such as Customer portal"),
    ("calendar", "which office hours hold, by name or id; left out: the only ones"),
    ("origins", "origins of the pages that show it, separated by commas"),
    ("policy", f"{' or '.join(POLICIES)}: whether the dedicated service is for known people only"),
    ("language", "language of the button where the reader's is not spoken"),
)


def add(commands: Any) -> None:
    """Adds the commands."""
    inner = group(commands, "button", "buttons: origins, policy, embed code, signing keys")
    new = command(inner, "add", "add a button and print its embed code", _add)
    options(new, ("customer", "whose"), *FIELDS, needed=("customer", "origins"))
    change = command(inner, "change", "change a button", _change)
    revoke = command(inner, "revoke-key", "tokens signed by this key are refused", _revoke)
    add_key = command(inner, "add-key", "make a signing key and print its secret, once", _add_key)
    attempt = command(inner, "try", "what a button says now, whether a page may show it, whether a token holds", _try)
    for one in (
        change, revoke, add_key,
        command(inner, "rotate", "a new public key; the one before works for 14 days", _rotate),
        command(inner, "show", "show a button with its embed code", _show),
        attempt,
    ):  # fmt: skip
        one.add_argument("button", help="its public key or id")
    options(change, *FIELDS)
    change.add_argument("--active", action=argparse.BooleanOptionalAction, help="whether it works")
    options(
        add_key,
        ("kid", "its name; left out: one is made"),
        ("pem", "file with a public key of the site (RSA, P-256, Ed25519), instead of a secret; - for stdin"),
    )
    options(attempt, ("address", "of a page: whether it may show the button"),
            ("token", "a JWT of the customer's site: whether it holds"))  # fmt: skip
    revoke.add_argument("kid", help="its name")
    command(inner, "list", "list all buttons", _list)


async def _add(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    owner = await naming.customer(reach, arguments.customer)
    await _read(reach, arguments)
    only = [each.id for each in await reach.read(calendars.every)]
    draft = ButtonDraft("Customer portal", only[0] if len(only) == 1 else "")
    return await _told(reach, await reach.admin.buttons.add(None, owner.id, given(draft, arguments)))


async def _change(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.button(reach, arguments.button)
    await _read(reach, arguments)
    await reach.admin.buttons.change(None, kept.id, given(drafted(kept), arguments))
    return await _told(reach, kept.id)


async def _read(reach: Reach, arguments: argparse.Namespace) -> None:
    arguments.origins = lined(arguments.origins)
    if arguments.calendar is not None:
        arguments.calendar = (await naming.calendar(reach, arguments.calendar)).id


async def _rotate(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.button(reach, arguments.button)
    await reach.admin.buttons.rotate(None, kept.id)
    return await _told(reach, kept.id)


async def _add_key(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.button(reach, arguments.button)
    if arguments.pem is not None:
        kid = await reach.admin.buttons.add_public_key(None, kept.id, arguments.kid or "", _text_of(arguments.pem))
        found = await reach.read(lambda connection: buttons.secrets_of(connection, kept.id))
        algorithm = next(each.algorithm for each in found if each.kid == kid)
        return {"kid": kid, "algorithm": algorithm}, f"kid  {kid} ({algorithm})"
    kid, secret = await reach.admin.buttons.add_secret(None, kept.id, arguments.kid or "")
    return {"kid": kid, "algorithm": "HS256", "secret": secret}, f"kid     {kid}\nsecret  {secret}"


def _text_of(path: str) -> str:
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text("ascii")
    except (OSError, ValueError) as error:
        raise BadRequest(
            f"{path} cannot be read as PEM: {getattr(error, 'strerror', None) or 'it is no text'}."
        ) from error


async def _try(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.button(reach, arguments.button)
    now, present = reach.clock.now(), await reach.desk.present()
    state = await reach.read(lambda connection: button_state(connection, kept.id, now, present))
    found = {"says": None if state is None else state["label"]}
    tried = {
        "page": trying.page(kept, arguments.address) if arguments.address else None,
        "token": await trying.token(reach.identity, kept, arguments.token) if arguments.token else None,
    }
    row = found | {name: each and {"fine": each.fine, "said": each.said} for name, each in tried.items()}
    text = table([("says", row["says"]), *((name, each.said) for name, each in tried.items() if each)], "")
    if any(each is not None and not each.fine for each in tried.values()):
        raise Failed(row, text)
    return row, text


async def _revoke(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    kept = await naming.button(reach, arguments.button)
    await reach.admin.buttons.revoke_secret(None, kept.id, arguments.kid)
    return {"kid": arguments.kid, "revoked": True}, f"{arguments.kid} is revoked."


async def _list(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    base_url = reach.base_url
    rows = await reach.read(lambda connection: [_row(connection, each, base_url) for each in buttons.every(connection)])
    cells = [
        (row["key"], row["customer"], row["policy"], ",".join(row["origins"]) or "-", "" if row["active"] else "off")
        for row in rows
    ]
    return rows, table(cells, "There are no buttons yet: vipdesk button add --customer … --origins …")


async def _show(reach: Reach, arguments: argparse.Namespace) -> tuple[Any, str]:
    return await _told(reach, (await naming.button(reach, arguments.button)).id)


async def _told(reach: Reach, id: str) -> tuple[Any, str]:
    kept, base_url = await naming.button(reach, id), reach.base_url
    row = await reach.read(lambda connection: _row(connection, kept, base_url))
    cells = [
        ("button", row["key"]), ("id", row["id"]), ("customer", row["customer"]), ("name", row["name"]),
        ("policy", row["policy"]), ("origins", ", ".join(row["origins"]) or "-"), ("active", row["active"]),
        ("former key", row["former_key"] or "-"), ("signing keys", ", ".join(row["signing_keys"]) or "-"),
        ("embed", row["embed"]),
    ]  # fmt: skip
    return row, table(cells, "")


def _row(connection: Connection, kept: Button, base_url: str) -> dict[str, Any]:
    owner = customers.find(connection, kept.customer_id)
    return {
        "id": kept.id, "key": kept.key, "customer": owner.name if owner else "", "name": kept.name,
        "calendar": kept.calendar_id, "origins": list(kept.origins), "policy": kept.policy, "language": kept.language,
        "active": kept.active, "former_key": kept.former_key, "embed": embed_code(base_url, kept.key),
        "link": plain_link(base_url, kept.key),
        "signing_keys": [each.kid for each in buttons.secrets_of(connection, kept.id) if not each.revoked],
    }  # fmt: skip
