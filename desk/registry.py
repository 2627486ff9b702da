"""Every verb a person may ask for: its request, its function, whether the present moment is asked first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from desk import handing, presence, presses, requests, ringing, saying, ticketing
from desk.actors import Signed
from desk.work import Work

Function = Callable[[Work, Signed, Any], dict[str, Any]]


@dataclass(frozen=True)
class Verb:
    """`decides`: it may ring somebody, so presence is asked first. `keeps_receipt`: it has an effect to be repeated."""

    name: str
    audience: str
    function: Function
    decides: bool = False
    keeps_receipt: bool = True


VERBS: dict[tuple[str, type], Verb] = {
    (audience, request): Verb(name, audience, function, decides, keeps)
    for audience, request, name, function, decides, keeps in (
        ("contact", requests.Press, "press", presses.press, True, True),
        ("contact", requests.ContactSay, "say", saying.say_as_contact, False, True),
        ("contact", requests.Read, "read", ticketing.read, False, True),
        ("contact", requests.AskTechnical, "ask_technical", handing.ask_technical, True, True),
        ("contact", requests.AnswerOffer, "answer_offer", handing.answer_offer, True, True),
        ("contact", requests.AskSeverity, "ask_severity", ticketing.ask_severity, True, True),
        ("contact", requests.Leave, "leave", handing.leave_as_contact, False, True),
        ("contact", requests.Rate, "rate", ticketing.rate, False, True),
        ("contact", requests.Link, "link", ticketing.link, False, False),
        ("agent", requests.Presence, "presence", presence.presence, True, True),
        ("agent", requests.Accept, "accept", ringing.accept, False, True),
        ("agent", requests.Decline, "decline", ringing.decline, True, True),
        ("agent", requests.AgentSay, "say", saying.say_as_agent, False, True),
        ("agent", requests.Read, "read", ticketing.read, False, True),
        ("agent", requests.View, "view", ticketing.view, False, False),
        ("agent", requests.Escalate, "escalate", handing.escalate, True, True),
        ("agent", requests.Transfer, "transfer", handing.transfer, True, True),
        ("agent", requests.AnswerOffer, "answer_offer", handing.answer_offer, True, True),
        ("agent", requests.SetSeverity, "set_severity", ticketing.set_severity, True, True),
        ("agent", requests.SetStatus, "set_status", ticketing.set_status, False, True),
        ("agent", requests.Leave, "leave", handing.leave_as_agent, True, True),
        ("agent", requests.Link, "link", ticketing.link, False, False),
    )
}
