"""The demo's fictional people, customers and office; what happened to them: history.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ZONE = "Europe/Bratislava"
CALENDAR_ID = "office"
CALENDAR: dict[str, Any] = {
    "tz": ZONE,
    "weekly": {str(day): [["09:00", "17:00"]] for day in range(5)},
    "holidays": [
        f"{year}-{day}"
        for year in (2026, 2027)
        for day in ("01-01", "01-06", "05-01", "05-08", "08-29", "09-01", "09-15", "11-01", "11-17", "12-24", "12-25",
                    "12-26")
    ] + ["2026-04-03", "2026-04-06", "2027-03-26", "2027-03-29"],
    "special": {},
}  # fmt: skip


@dataclass(frozen=True)
class Agent:
    """One who works at the desk. Everybody's password is `demo-` and their first name in small letters."""

    id: str
    name: str
    title: str
    teams: tuple[str, ...]
    roles: tuple[str, ...] = ("agent",)
    languages: tuple[str, ...] = ("en",)
    capacity: int = 3
    words: str = ""
    colours: tuple[str, str] = ("#2c6e73", "#f2d3b3")

    @property
    def email(self) -> str:
        return f"{self.name.split()[0].lower()}@larkfield.example"

    @property
    def password(self) -> str:
        return f"demo-{self.name.split()[0].lower()}"


@dataclass(frozen=True)
class Contact:
    """One of a customer."""

    id: str
    name: str
    email: str
    title: str
    coordinator: bool = False


@dataclass(frozen=True)
class Customer:
    """A customer with its button. `named` is None where no add-on was sold."""

    id: str
    name: str
    domain: str
    zone: str
    key: str
    named: str | None
    stand_ins: tuple[str, ...]
    contacts: tuple[Contact, ...]
    playbook: str
    words: str
    sold: bool = True
    policy: str = "open"


AGENTS = (
    Agent("anna", "Anna Kovács", "Your named agent", ("dedicated",), languages=("en", "sk", "hu"),
          words="named agent of Brightwater Hotels", colours=("#9a4a52", "#f3cfb2")),
    Agent("ben", "Ben Okafor", "Dedicated support", ("dedicated",), languages=("en", "sk"),
          words="covers for Anna; named agent of Halden & Frey", colours=("#35566b", "#8a5a3c")),
    Agent("jana", "Jana Lukáč", "Dedicated support", ("dedicated",), languages=("sk", "en"),
          words="second stand-in, away until next week", colours=("#5b6b35", "#f0c9a8")),
    Agent("clara", "Clara Nilsson", "Technical specialist", ("technical",), words="second level",
          colours=("#3f4f8a", "#f6dcc4")),
    Agent("petra", "Petra Horváth", "24/7 team", ("pool",), capacity=4, words="24/7 pool",
          colours=("#2f7a5b", "#eec39a")),
    Agent("paul", "Paul Weiss", "24/7 team", ("pool",), ("agent",), ("de", "en"), 4, "24/7 pool",
          ("#7a5b2f", "#f4d6bd")),
    Agent("lena", "Lena Fischer", "Head of support", ("dedicated", "pool"), ("agent", "lead"), ("de", "en"), 2,
          "lead: sees everything", ("#6b3f7a", "#f1cdb0")),
    Agent("adam", "Adam Novak", "Administration", (), ("admin",), words="admin: sets the desk up",
          colours=("#4a4a4a", "#eec8a4")),
)  # fmt: skip

CUSTOMERS = (
    Customer(
        "brightwater", "Brightwater Hotels", "brightwater.example", "Europe/London", "bw_4f9c2a71", "anna", ("ben", "jana"),
        (
            Contact("priya", "Priya Raman", "priya.raman@brightwater.example", "Distribution manager"),
            Contact("owen", "Owen Hughes", "owen.hughes@brightwater.example", "Head of operations", coordinator=True),
            Contact("mei", "Mei Tan", "mei.tan@brightwater.example", "Revenue analyst"),
        ),
        "Feeds stop at night, so ask for the last sync first. Owen decides about outages. They are an hour behind us.",
        "the add-on, Anna as named agent",
    ),
    Customer(
        "halden", "Halden & Frey", "halden-frey.example", "Europe/Berlin", "hf_81d0e5c3", "ben", ("anna",),
        (
            Contact("jonas", "Jonas Brandt", "jonas.brandt@halden-frey.example", "Purchasing"),
            Contact("sofia", "Sofia Lindqvist", "sofia.lindqvist@halden-frey.example", "Finance"),
        ),
        "Orders above 50,000 EUR need two names. Sofia prefers a call.",
        "the add-on, Ben as named agent",
    ),
    Customer(
        "lumen", "Lumen Press", "lumenpress.example", "Europe/Paris", "lp_27b6a904", None, (),
        (Contact("hugo", "Hugo Marchand", "hugo.marchand@lumenpress.example", "Editor"),),
        "No add-on: the 24/7 team answers.",
        "no add-on: the 24/7 team answers",
        sold=False,
    ),
)  # fmt: skip

KID = "portal"
"""The key by which the portals sign for their people."""
