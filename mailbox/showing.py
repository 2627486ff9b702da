"""What of a mail that was read is kept for showing it."""

from __future__ import annotations

from collections.abc import Iterable

from desk.mail_views import Led, Named, Part, View
from mailbox.parsing.parsed import Address, Parsed


def view(parsed: Parsed) -> View | None:
    """None when its message on the ticket says it all."""
    if not (parsed.html or parsed.quote or parsed.signature or parsed.attachments):
        return None
    return View(
        to=named(parsed.to),
        cc=named(parsed.cc),
        reply=parsed.reply,
        quote=parsed.quote,
        signature=parsed.signature,
        html=parsed.html,
        links=tuple(Led(link.text, link.url, link.host) for link in parsed.links),
        remote=parsed.remote_pictures,
        parts=tuple(
            Part(each.name, each.type, each.declared, each.size, each.sha256, each.content_id, each.inline)
            for each in parsed.attachments
        ),
    )


def named(people: Iterable[Address]) -> tuple[Named, ...]:
    """As the head of the mail names them."""
    return tuple(Named(each.name, each.address) for each in people)
