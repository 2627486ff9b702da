"""What every page of the administration gets: who asks, the form that came, and how an answer is drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from desk.actors import Signed
from desk.administration import Administration, Wrong
from desk.admission import digest_of
from routing.allow import Facts, allow
from routing.errors import Conflict, DeskError, NotFound
from server.errors import STATUS, title
from server.pages.sessions import Session, SignInFirst, expect_form, session_of
from server.pages.texts import _, sentence
from server.parts import Parts
from store.engine import Connection

T = TypeVar("T")
REFUSED = (Wrong, Conflict)
"""What a form is shown again for, with everything that was entered."""


@dataclass(frozen=True)
class Asked:
    """One request of an admin. `form` is empty for GET."""

    parts: Parts
    admin: Administration
    request: Request
    session: Session
    form: FormData

    @property
    def signed(self) -> Signed:
        return self.session.signed

    @property
    def id(self) -> str:
        """Of what the address names."""
        return str(self.request.path_params["id"])

    @property
    def own(self) -> str:
        """The session that asks, among the sessions: it stays."""
        return digest_of(self.session.cookie)

    def text(self, name: str) -> str:
        """One field as entered."""
        return str(self.form.get(name, ""))

    def texts(self, name: str) -> tuple[str, ...]:
        """All fields of a name that are filled, in their order."""
        return tuple(str(each) for each in self.form.getlist(name) if str(each))

    @property
    def sought(self) -> str:
        """What a list is searched for."""
        return self.request.query_params.get("q", "").replace("\0", "")[:200]

    @property
    def number(self) -> int:
        """Which page of a list; the first when the address says none that there could be."""
        said = self.request.query_params.get("page", "")
        return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else 1

    async def keep(self, data: bytes) -> str:
        """Keeps bytes; their hash."""
        return (await asyncio.to_thread(self.parts.blobs.put_bytes, data)).sha256

    async def read(self, query: Callable[[Connection], T]) -> T:
        """One look at the record."""
        return await self.parts.record.read(query)

    def page(
        self, template: str, tab: str, form: Mapping[str, Any], error: DeskError | None = None, **values: Any
    ) -> Response:
        """The page with this form in it; with `error`, why it was not taken."""
        wrong = (
            {name: _(said.msgid, **said.values) for name, said in error.fields.items()}
            if isinstance(error, Wrong)
            else {}
        )
        common = {
            "tab": tab,
            "form": form,
            "wrong": wrong,
            "problem": "" if error is None or wrong else sentence(error),
            "csrf": self.session.csrf,
            "q": self.sought,
            "me": self.signed.name,
            "administers": True,
            "answers_too": bool(self.signed.actor.roles & {"agent", "lead"}),
            "saved": "saved" in self.request.query_params and error is None,
        }
        status = 200 if error is None else STATUS[error.code]
        return self.parts.pages.page(f"admin/{template}", common | values, status=status)


Page = Callable[[Asked], Awaitable[Response]]


def bound(parts: Parts, admin: Administration, page: Page) -> Callable[[Request], Awaitable[Response]]:
    """The page behind its address: for who is no admin there is nothing under it."""

    async def answer(request: Request) -> Response:
        session = await session_of(parts, request)
        if session is None:
            raise SignInFirst
        if not allow(session.signed.actor, "configure", Facts("configuration")).allowed:
            raise HTTPException(404)
        try:
            form = FormData() if request.method in ("GET", "HEAD") else await expect_form(parts, request, session)
            return await page(Asked(parts, admin, request, session, form))
        except NotFound as error:
            raise HTTPException(404) from error
        except DeskError as error:
            status = STATUS.get(error.code, 400)
            values = {"title": title(status), "sentence": sentence(error)}
            return parts.pages.page("error.html", values, status=status)

    return answer


def saved(address: str, place: str = "") -> Response:
    """The way back to a page, or a place in it, after it was saved."""
    return RedirectResponse(f"{address}?saved=1{place}", 303)


async def taken(
    doing: Awaitable[object], back_to: str, again: Callable[[DeskError], Awaitable[Response]], place: str = ""
) -> Response:
    """Does what a form asks for: the way back to a page, or `again` with why it was refused."""
    try:
        await doing
    except REFUSED as error:
        return await again(error)
    return saved(back_to, place)


async def made(doing: Awaitable[str], below: str, again: Callable[[DeskError], Awaitable[Response]]) -> Response:
    """The same for something new: the way to its own page."""
    try:
        return saved(f"{below}/{await doing}")
    except REFUSED as error:
        return await again(error)
