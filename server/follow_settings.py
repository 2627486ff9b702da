"""Keeps what this process shows of the desk's settings as the record has it: an admin changes them while it runs."""

from __future__ import annotations

from desk.administration.desk_settings import drafted
from server.pages.templates import Pages
from store.engine import Record


async def follow_settings(record: Record, pages: Pages) -> None:
    """Once. Raises Unavailable."""
    pages.desk_name = (await record.read(drafted)).name
