"""What agents set of themselves: password, second step, language, signature, sessions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from desk.account import Account
from desk.administration import Wrong
from desk.administration.sessions import used_after
from desk.admission import digest_of
from routing.allow import Facts, allow
from routing.errors import DeskError
from server.errors import STATUS
from server.pages.sessions import Session, SignInFirst, expect_form, session_of
from server.pages.texts import _, catalogues, sentence
from server.parts import Parts


@dataclass(frozen=True)
class Mine:
    """One request of somebody about themselves."""

    parts: Parts
    account: Account
    request: Request
    session: Session
    form: FormData

    @property
    def id(self) -> str:
        return self.session.signed.actor.id

    @property
    def own(self) -> str:
        """This session among the sessions."""
        return digest_of(self.session.cookie)

    def text(self, name: str) -> str:
        """One field as entered."""
        return str(self.form.get(name, ""))

    def page(self, template: str, form: Mapping[str, Any], error: DeskError | None, **values: Any) -> Response:
        """The page; with `error`, why it was not taken."""
        actor = self.session.signed.actor
        fields = error.fields if isinstance(error, Wrong) else {}
        common = {
            "tab": "account", "form": form, "q": "", "csrf": self.session.csrf, "me": self.session.signed.name,
            "wrong": {name: _(said.msgid, **said.values) for name, said in fields.items()},
            "problem": "" if error is None or fields else sentence(error),
            "administers": allow(actor, "configure", Facts("configuration")).allowed,
            "answers_too": bool(actor.roles & {"agent", "lead"}),
            "saved": "saved" in self.request.query_params and error is None,
        }  # fmt: skip
        status = 200 if error is None else STATUS[error.code]
        return self.parts.pages.page(template, common | values, status=status)


Page = Callable[[Mine], Awaitable[Response]]


def routes(parts: Parts) -> list[BaseRoute]:
    """All addresses under /account."""
    account = Account(parts.desk, parts.sealer, parts.identity)

    def at(path: str, page: Page, method: str) -> Route:
        return Route(f"/account{path}", partial(_answer, parts, account, page), methods=[method])

    return [
        at("", _show, "GET"),
        at("/password", _change_password, "POST"),
        at("/language", _choose_language, "POST"),
        at("/signature", _sign_as, "POST"),
        at("/second-step", _show_second_step, "GET"),
        at("/second-step", _second_step, "POST"),
        at("/sessions/end", _end_session, "POST"),
        at("/sessions/end-others", _end_others, "POST"),
    ]


async def _answer(parts: Parts, account: Account, page: Page, request: Request) -> Response:
    session = await session_of(parts, request)
    if session is None:
        raise SignInFirst
    form = FormData() if request.method in ("GET", "HEAD") else await expect_form(parts, request, session)
    return await page(Mine(parts, account, request, session, form))


async def _show(mine: Mine, error: DeskError | None = None) -> Response:
    """`GET /account`"""
    standing = await mine.account.standing(mine.id, used_after(mine.parts.desk.clock.real()))
    spoken = [("en", "English"), *((name, _own_name(name)) for name in catalogues())]
    form = {"old": "", "new": "", "again": "", "language": standing.profile.language}
    form["signature"] = standing.signature if error is None or "signature" not in mine.form else mine.text("signature")
    return mine.page(
        "account.html", form, error, email=standing.profile.email, second_step=standing.second_step,
        codes_left=standing.codes_left, sessions=standing.sessions, own=mine.own, languages=spoken,
    )  # fmt: skip


async def _change_password(mine: Mine) -> Response:
    """`POST /account/password`"""
    old, new, again = (mine.text(name) for name in ("old", "new", "again"))
    try:
        await mine.account.change_password(mine.id, old, new, again, mine.own)
    except DeskError as error:
        return await _show(mine, error)
    return _saved("/account")


async def _choose_language(mine: Mine) -> Response:
    """`POST /account/language`"""
    try:
        await mine.account.choose_language(mine.id, mine.text("language"))
    except DeskError as error:
        return await _show(mine, error)
    return _saved("/account")


async def _sign_as(mine: Mine) -> Response:
    """`POST /account/signature`"""
    try:
        await mine.account.sign_as(mine.id, mine.text("signature"))
    except DeskError as error:
        return await _show(mine, error)
    return _saved("/account")


async def _end_session(mine: Mine) -> Response:
    """`POST /account/sessions/end`"""
    await mine.account.end_session(mine.id, mine.text("session"))
    return _saved("/account")


async def _end_others(mine: Mine) -> Response:
    """`POST /account/sessions/end-others`"""
    await mine.account.end_others(mine.id, mine.own)
    return _saved("/account")


async def _show_second_step(mine: Mine, error: DeskError | None = None, codes: tuple[str, ...] = ()) -> Response:
    """`GET /account/second-step`"""
    standing = await mine.account.standing(mine.id, used_after(mine.parts.desk.clock.real()))
    email, name = standing.profile.email, mine.parts.pages.desk_name
    offer = mine.account.offered_again(mine.id, mine.text("sealed"), email, name)
    if offer is None and not standing.second_step:
        offer = mine.account.offer(mine.id, email, name)
    form = {"password": "", "code": mine.text("code")}
    return mine.page("second-step.html", form, error, second_step=standing.second_step, offer=offer, codes=codes)


async def _second_step(mine: Mine) -> Response:
    """`POST /account/second-step`: on, off, or new recovery codes, which are told in this answer only."""
    password = mine.text("password")
    try:
        if mine.text("do") == "off":
            await mine.account.end_second_step(mine.id, password, mine.own)
            return _saved("/account")
        elif mine.text("do") == "codes":
            codes = await mine.account.new_codes(mine.id, password)
        else:
            codes = await mine.account.begin_second_step(
                mine.id, password, mine.text("sealed"), mine.text("code"), mine.own
            )
    except DeskError as error:
        return await _show_second_step(mine, error)
    return await _show_second_step(mine, None, tuple(codes))


def _saved(address: str) -> Response:
    return RedirectResponse(f"{address}?saved=1", 303)


def _own_name(language: str) -> str:
    """A language as its speakers call it."""
    return {"de": "Deutsch", "sk": "Slovenčina"}.get(language, language)
