"""An agent as forms and commands name one: by name or mail address, as people do, or by id."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from desk.administration.checking import Check
from store.agents import Profile
from store.seeking import folded

FEW = 3
"""So many are named to who wrote something else."""


class Crew:
    """Everybody who works here, or did."""

    def __init__(self, everybody: Sequence[Profile]) -> None:
        self._by_id = {each.id: each for each in everybody}
        self.answering = [each for each in everybody if each.active and each.teams]

    def written(self, id: str | None) -> str:
        """How a field writes an agent: by name, with the address where several are called so. Empty for nobody."""
        kept = self._by_id.get(id or "")
        if kept is None:
            return ""
        elif sum(folded(each.name) == folded(kept.name) for each in self._by_id.values() if each.active) > 1:
            return f"{kept.name} <{kept.email}>"
        return kept.name

    def read(self, check: Check, field: str, text: str) -> str | None:
        """The id of who answers chats here; None for an empty text, and for one that names nobody or several."""
        wanted = text.strip()
        if not wanted:
            return None
        called = self._called(wanted)
        working = [each for each in called if each.active]
        if len(working) > 1:
            addresses = ", ".join(each.email for each in working[:FEW])
            check.refuse(
                field, "{count} people are called “{text}”. Enter the mail address: {addresses}",
                count=len(working), text=wanted[:60], addresses=addresses,
            )  # fmt: skip
        elif not working and called:
            check.refuse(field, "{name} does not work here any more. Choose somebody else.", name=called[0].name)
        elif not working:
            self._refuse_unknown(check, field, wanted)
        elif not working[0].teams:
            check.refuse(
                field, "{name} is in no team and answers no chats. Choose somebody else.", name=working[0].name
            )
        else:
            return working[0].id
        return None

    def name(self, id: str) -> str:
        """Of somebody whom `read` found."""
        return self._by_id[id].name

    def _called(self, wanted: str) -> list[Profile]:
        if wanted in self._by_id:
            return [self._by_id[wanted]]
        plain = folded(wanted)
        return [
            each
            for each in self._by_id.values()
            if plain in (folded(each.name), folded(each.email), folded(f"{each.name} <{each.email}>"))
        ]

    def _refuse_unknown(self, check: Check, field: str, wanted: str) -> None:
        plain, shown = folded(wanted), wanted[:60]
        names = {each.id: folded(each.name) for each in self.answering}
        like = [each for each in self.answering if plain in folded(each.name, each.email)]
        close = get_close_matches(plain[:120], names.values(), n=FEW, cutoff=0.6)
        found = like[:FEW] or [each for each in self.answering if names[each.id] in close][:FEW]
        if found:
            meant = ", ".join(self.written(each.id) for each in found)
            check.refuse(field, "Nobody here is called “{text}”. Did you mean {names}?", text=shown, names=meant)
        else:
            check.refuse(
                field, "Nobody here is called “{text}”. Enter a name or mail address of the list of agents.", text=shown
            )
