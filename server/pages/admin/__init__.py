"""The administration: server-rendered forms, POST / redirect / GET, useful without a script."""

from __future__ import annotations

from functools import partial

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from desk.administration import Administration
from server.pages.admin import (
    absences,
    agents,
    audit,
    buttons,
    calendars,
    contacts,
    customers,
    erasing,
    health,
    leaving,
    mailboxes,
    plans,
    sessions,
    settings,
    trying,
)
from server.pages.admin.asking import Asked, Page, bound
from server.parts import Parts


def routes(parts: Parts) -> list[BaseRoute]:
    """All addresses under /admin."""
    admin = Administration(parts.desk, parts.sealer, parts.identity)

    shown: list[str] = []

    def at(path: str, show: Page | None, save: Page | None = None) -> list[BaseRoute]:
        if show is None:
            show = partial(_up, max((each for each in shown if path.startswith(f"{each}/")), key=len))
        else:
            shown.append(path)
        pages = {"GET": show, "POST": save}
        return [
            Route(f"/admin/{path}", bound(parts, admin, page), methods=[method])
            for method, page in pages.items()
            if page is not None
        ]

    return [
        Route("/admin", bound(parts, admin, _first), methods=["GET"]),
        *at("customers", customers.every),
        *at("customers/new", customers.begin, customers.add),
        *at("customers/{id}", customers.show, customers.save),
        *at("customers/{id}/sell", None, customers.sell),
        *at("customers/{id}/end-add-on", None, customers.end_add_on),
        *at("customers/{id}/contacts/new", contacts.begin, contacts.add),
        *at("contacts/{id}", contacts.show, contacts.save),
        *at("contacts/{id}/sessions/end", None, contacts.sign_out),
        *at("contacts/{id}/sessions/end-all", None, contacts.sign_out_everywhere),
        *at("contacts/{id}/erase", erasing.show, erasing.erase),
        *at("customers/{id}/buttons/new", buttons.begin, buttons.add),
        *at("buttons/{id}", buttons.show, buttons.save),
        *at("buttons/{id}/rotate", None, buttons.rotate),
        *at("buttons/{id}/keys", None, buttons.add_key),
        *at("buttons/{id}/keys/public", None, buttons.add_public_key),
        *at("buttons/{id}/keys/revoke", None, buttons.revoke_key),
        *at("buttons/{id}/try", trying.show, trying.attempt),
        *at("agents", agents.every),
        *at("agents/new", agents.begin, agents.add),
        *at("agents/{id}", agents.show, agents.save),
        *at("agents/{id}/link", None, agents.link),
        *at("agents/{id}/second-step", None, agents.end_second_step),
        *at("agents/{id}/photo", None, agents.show_photo),
        *at("agents/{id}/photo/drop", None, agents.drop_photo),
        *at("agents/{id}/absences", None, absences.add),
        *at("agents/{id}/absences/end", None, absences.end),
        *at("agents/{id}/sessions/end", None, agents.sign_out),
        *at("agents/{id}/sessions/end-all", None, agents.sign_out_everywhere),
        *at("agents/{id}/leave", leaving.show, leaving.leave),
        *at("agents/{id}/back", None, leaving.come_back),
        *at("sessions", sessions.every),
        *at("sessions/end", None, sessions.end),
        *at("sessions/end-all", None, sessions.end_all),
        *at("mailboxes", mailboxes.every),
        *at("mailboxes/new", mailboxes.begin, mailboxes.add),
        *at("mailboxes/{id}", mailboxes.show, mailboxes.save),
        *at("mailboxes/{id}/test", None, mailboxes.attempt),
        *at("plans", plans.show, plans.save),
        *at("settings", settings.show, settings.save),
        *at("health", health.show),
        *at("audit", audit.show, audit.export),
        *at("audit/verify", None, audit.verify),
        *at("calendars", calendars.every),
        *at("calendars/new", calendars.begin, calendars.add),
        *at("calendars/{id}", calendars.show, calendars.save),
        *at("calendars/{id}/holidays", calendars.holidays, calendars.confirm),
        *at("calendars/{id}/versions", calendars.versions),
    ]


async def _up(path: str, asked: Asked) -> Response:
    """`GET` of what is only sent to, as after an error is reloaded from the bar: the page that it was sent from."""
    return RedirectResponse(f"/admin/{path.format(**asked.request.path_params)}", 303)


async def _first(asked: Asked) -> Response:
    """`GET /admin`"""
    return RedirectResponse("/admin/customers", 303)
