"""The administration's verbs: customers, add-ons, who answers, agents, absences, hours, buttons, contacts, mail."""

from __future__ import annotations

from desk.administration.absences import Absences
from desk.administration.agents import Agents
from desk.administration.auditing import Auditing
from desk.administration.buttons import Buttons
from desk.administration.calendars import Calendars
from desk.administration.changing import Changing
from desk.administration.checking import Wrong
from desk.administration.contacts import Contacts
from desk.administration.customers import Customers
from desk.administration.desk_settings import DeskSettings
from desk.administration.mailboxes import Mailboxes
from desk.administration.plans import Plans
from desk.administration.sessions import Sessions
from desk.desk import Desk
from desk.identity import Identity
from desk.sealing import Sealer

__all__ = ["Administration", "Wrong"]


class Administration:
    """Every change an admin may make, by noun.

    Each verb takes whoever performs it first (`None`: the desk itself, as for commands), is one transaction with its
    audit row, and lets the desk decide anew afterwards. Raises NotFound for who is no admin and for what is not there,
    Wrong with a sentence per field, Conflict, Unavailable. Cancelling leaves open whether it was done.
    """

    def __init__(self, desk: Desk, sealer: Sealer, identity: Identity) -> None:
        changing = Changing(desk)
        self.customers = Customers(changing)
        self.plans = Plans(changing)
        self.agents = Agents(changing, identity)
        self.sessions = Sessions(changing)
        self.absences = Absences(changing)
        self.calendars = Calendars(changing)
        self.buttons = Buttons(changing, sealer)
        self.contacts = Contacts(changing)
        self.mailboxes = Mailboxes(changing, sealer)
        self.audit = Auditing(changing)
        self.settings = DeskSettings(changing)
