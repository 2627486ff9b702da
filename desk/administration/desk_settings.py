"""What an admin sets for the whole desk while it runs; what the environment decides: server/settings.py."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from desk.actors import Signed
from desk.administration.changing import Change, Changing
from desk.administration.checking import Check
from store import settings
from store.engine import Connection

NAME = "name"
UNNAMED = "Vipdesk"


@dataclass(frozen=True)
class SettingsDraft:
    """As entered. `name`: of the desk, on every page and in the title of the console."""

    name: str


class DeskSettings:
    """Changes them."""

    def __init__(self, changing: Changing) -> None:
        self._changing = changing

    async def change(self, signed: Signed | None, draft: SettingsDraft) -> None:
        """Writes what is another."""

        def verb(change: Change) -> None:
            check, kept = Check(), asdict(drafted(change.connection))
            name = check.line("name", draft.name, 60)
            if not name:
                check.refuse("name", "Enter what the desk is called, such as Larkfield Support.")
            check.done()
            for key, value in {NAME: name}.items():
                if value != kept[key]:
                    settings.put(change.connection, key, value)
                    change.audit("setting", key, {"to": value, "from": kept[key]})

        await self._changing.change(signed, "change_settings", verb)


def drafted(connection: Connection) -> SettingsDraft:
    """As they are."""
    return SettingsDraft(str(settings.get(connection, NAME, UNNAMED)))
