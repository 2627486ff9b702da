"""The demo's pages: fictional portals (another site than the desk), people to answer as, clock, mail, starting over."""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import jwt
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from desk.clock import SystemClock
from desk.identity import NotSignedIn
from routing.errors import BadRequest, NotFound
from routing.hours import Calendar
from server import follow_clock
from server.demo import cast, forms, letters, moves, post, seed
from server.demo.seed import Ground, portal_url
from server.demo.simulator import SWITCH, WHO, Simulator, Surroundings
from server.pages import console
from server.pages.sessions import cookie_of, device_of, with_cookie
from server.pages.texts import _, day_names, sentence
from server.parts import Parts
from store import buttons, meta, outgoing
from store.engine import Connection
from store.times import instant

TOKEN_S = 300
PROPERTIES = {
    "brightwater": ("Brighton Sea Front", "Bristol Harbour", "Leeds Quays", "London Bankside", "York Walls"),
    "halden": ("Berlin warehouse", "Hamburg warehouse", "Leipzig cross-dock"),
    "lumen": ("Autumn list", "Spring list"),
}
Page = Callable[[Parts, Request], Awaitable[Response]]


def routes(parts: Parts) -> list[BaseRoute]:
    """All addresses of the demo; `/` is the portal under its own name, else the console."""

    def at(path: str, page: Page, method: str = "GET") -> Route:
        async def answer(request: Request) -> Response:
            return await page(parts, request)

        return Route(path, answer, methods=[method])

    return [
        at("/", _root),
        at("/portal/identity.js", _identity_script),
        at("/portal/token", _token),
        at("/demo", _home),
        at("/demo/as", _answer_as, "POST"),
        at("/demo/clock", _move_clock, "POST"),
        at("/demo/simulator", _switch_simulator, "POST"),
        at("/demo/reset", _reset, "POST"),
        at("/demo/mail", letters.show),
        at("/demo/mail", letters.send, "POST"),
    ]


async def prepare(parts: Parts) -> None:
    """The portals' address depends on the port: their buttons are allowed there. Mailboxes of a run that had a mail
    server are not read where there is none.
    """
    await seed.allow_portal(parts.record, portal_url(parts.settings))
    if parts.post is None:
        await post.switch_off(parts.record)


def simulator(parts: Parts) -> Simulator:
    """The simulated customer, who comes over the wire; whether it is worth while is ours to say."""

    async def is_on() -> bool:
        return await parts.record.read(lambda connection: meta.get(connection, SWITCH)) == "on"

    async def somebody_is_there() -> bool:
        return bool((await parts.live.present("agent")).people)

    around = Surroundings(partial(_vouch, parts, WHO), is_on, somebody_is_there, parts.desk.clock.sleep)
    return Simulator(parts.settings.base_url, around)


# The portal --------------------------------------------------------------------------------------------------------


async def _root(parts: Parts, request: Request) -> Response:
    if request.url.hostname != "localhost" or parts.settings.base_url == portal_url(parts.settings):
        return await console.show(parts, request)
    customer = _customer(request.query_params.get("customer") or cast.CUSTOMERS[0].id)
    named = request.query_params.get("as", customer.contacts[0].id)
    person = next((each for each in customer.contacts if each.id == named), None)
    key = await parts.record.read(lambda connection: _key(connection, customer.id))
    local = parts.desk.clock.now().astimezone(ZoneInfo(customer.zone))
    back = f"/?customer={customer.id}&as={person.id if person else ''}"
    values = {
        "customer": customer, "customers": cast.CUSTOMERS, "contacts": customer.contacts, "button": {"key": key},
        "person": person.id if person else "", "person_name": person.name if person else "",
        "properties": _properties(customer, local), "local_day": f"{day_names()[local.weekday()]}, {local:%Y-%m-%d}",
        "local_time": f"{local:%H:%M}", "local_zone": customer.zone.split("/")[-1],
    }  # fmt: skip
    return parts.pages.page("demo/portal.html", values | await forms.strip(parts, back), policy=_portal_policy(parts))


async def _identity_script(parts: Parts, request: Request) -> Response:
    """What a customer's own page says about who is signed in: one line, before the button's script."""
    _expect_portal(parts, request)
    person = request.query_params.get("as", "")
    if not any(each.id == person for customer in cast.CUSTOMERS for each in customer.contacts):
        return Response("", media_type="text/javascript")
    script = (
        f'window.vipdesk = {{ token: () => fetch("/portal/token?as={person}").then((answer) => answer.text()) }};\n'
    )
    return Response(script, media_type="text/javascript", headers={"Cache-Control": "no-store"})


async def _token(parts: Parts, request: Request) -> Response:
    """What the page sends along with the button."""
    _expect_portal(parts, request)
    token = await _vouch(parts, request.query_params.get("as", ""))
    return PlainTextResponse(token, headers={"Cache-Control": "no-store"})


async def _vouch(parts: Parts, named: str) -> str:
    """Signs for the person who is signed in at the portal, as a customer's server would. Raises NotFound."""
    customer, person = next(
        ((customer, each) for customer in cast.CUSTOMERS for each in customer.contacts if each.id == named),
        (None, None),
    )  # fmt: skip
    if customer is None or person is None:
        raise NotFound
    key, secret = await parts.record.read(lambda connection: _signing(connection, parts, customer.id))
    now = int(time.time())
    claims = {
        "sub": person.id, "email": person.email, "name": person.name, "aud": key, "iat": now, "exp": now + TOKEN_S,
        "jti": str(uuid.uuid4()),
    }  # fmt: skip
    return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": cast.KID})


def _expect_portal(parts: Parts, request: Request) -> None:
    """Only the portal's own pages: the browser says where a request comes from."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin" or request.url.hostname != "localhost":
        raise NotFound


def _portal_policy(parts: Parts) -> str:
    """A customer's strict policy: the desk is named, and nobody else."""
    desk = parts.settings.base_url
    return (
        f"default-src 'none'; script-src 'self' {desk}; style-src 'self'; img-src 'self'; "
        f"connect-src 'self' {desk}; frame-src {desk}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _customer(id: str) -> cast.Customer:
    found = next((each for each in cast.CUSTOMERS if each.id == id), None)
    if found is None:
        raise NotFound
    return found


def _key(connection: Connection, customer: str) -> str:
    found = buttons.find(connection, f"button-{customer}")
    if found is None:
        raise NotFound
    return found.key


def _signing(connection: Connection, parts: Parts, customer: str) -> tuple[str, str]:
    secrets = buttons.secrets_of(connection, f"button-{customer}")
    sealed = next((each.sealed for each in secrets if each.kid == cast.KID and not each.revoked), None)
    if sealed is None:
        raise NotFound
    return _key(connection, customer), parts.sealer.unseal(sealed).decode()


def _properties(customer: cast.Customer, local: datetime) -> list[dict[str, Any]]:
    rows = []
    for number, name in enumerate(PROPERTIES[customer.id], start=3):
        week = number * 37 % 90 + 20
        synced = f"{local:%H}:{(local.minute - number) % 60:02}" if local.minute >= number else f"{local:%H}:00"
        rows.append({"name": name, "today": number * 5 % 17, "week": week, "synced": synced, "ok": True})
    return rows


# The desk's side ---------------------------------------------------------------------------------------------------


async def _home(parts: Parts, request: Request) -> Response:
    return await _home_page(parts, "", "")


async def _home_page(parts: Parts, until: str, error: str, status: int = 200) -> Response:
    on = await parts.record.read(lambda connection: meta.get(connection, SWITCH)) == "on"
    mails = await parts.record.read(outgoing.latest)
    zone = ZoneInfo(cast.ZONE)
    values = {
        "portal": portal_url(parts.settings), "customers": cast.CUSTOMERS, "agents": cast.AGENTS,
        "until": until or f"{parts.desk.clock.now().astimezone(zone):%Y-%m-%dT%H:%M}", "error": error,
        "simulator_on": on, "post": parts.post and parts.post.is_open,
        "simulator_words": _("Sofia Lindqvist of Halden & Frey presses the button now and then, and answers.")
        if on else _("Sofia Lindqvist of Halden & Frey is resting."),
        "mails": [
            {"subject": mail.subject, "recipient": mail.recipient, "body": mail.body,
             "when": f"{instant(mail.created_at).astimezone(zone):%a %d %b %H:%M:%S}"}
            for mail in mails if mail.kind != "probe"
        ],
    }  # fmt: skip
    return parts.pages.page("demo/home.html", values | await forms.strip(parts, "/demo"), status=status)


async def _answer_as(parts: Parts, request: Request) -> Response:
    form = await forms.form(parts, request)
    try:
        begun = await parts.identity.sign_in_as(
            str(form.get("agent", "")), cookie_of(request.cookies, secure=parts.is_secure), device_of(request)
        )
    except NotSignedIn as error:
        raise NotFound from error
    return with_cookie(RedirectResponse("/", 303), parts, begun)


async def _move_clock(parts: Parts, request: Request) -> Response:
    form = await forms.form(parts, request)
    clock = parts.desk.clock
    assert isinstance(clock, SystemClock), "a demo runs on the machine's clock, moved"
    now = clock.now()
    until = str(form.get("until", ""))
    try:
        wanted = moves.target(str(form.get("to", "")), now, Calendar.from_json(cast.CALENDAR), until)
    except BadRequest as error:
        return await _home_page(parts, until, sentence(error), 400)
    await follow_clock.move(parts.record, clock, parts.desk, wanted - now)
    return RedirectResponse(forms.back(form), 303)


async def _switch_simulator(parts: Parts, request: Request) -> Response:
    form = await forms.form(parts, request)
    value = "on" if form.get("on") == "yes" else "off"
    await parts.record.write(lambda connection: meta.put(connection, SWITCH, value), name="simulator")
    return RedirectResponse("/demo", 303)


async def _reset(parts: Parts, request: Request) -> Response:
    await forms.form(parts, request)
    clock = parts.desk.clock
    assert isinstance(clock, SystemClock), "a demo runs on the machine's clock, moved"
    ground = Ground(parts.settings, parts.record, clock, parts.sealer)
    if parts.post is None:
        await seed.start_over(ground)
    else:  # else mail of before would come into the new desk
        await parts.post.emptied(partial(seed.start_over, ground))
    await prepare(parts)
    await follow_clock.decide_anew(parts.desk)
    parts.sockets.restart()
    return RedirectResponse("/demo", 303)
