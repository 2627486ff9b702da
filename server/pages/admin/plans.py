"""The plans on which the add-on is sold."""

from __future__ import annotations

from starlette.responses import Response

from desk.administration.plans import drafted, plans
from server.pages.admin.asking import REFUSED, Asked, saved


async def show(asked: Asked) -> Response:
    """`GET /admin/plans`"""
    return asked.page("plans.html", "plans", {"plans": drafted(await asked.read(plans))})


async def save(asked: Asked) -> Response:
    """`POST /admin/plans`"""
    try:
        await asked.admin.plans.set(asked.signed, asked.text("plans"))
    except REFUSED as error:
        return asked.page("plans.html", "plans", {"plans": asked.text("plans")}, error)
    return saved("/admin/plans")
