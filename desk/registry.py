"""Every verb a person may ask for: its request, its function, whether the present moment is asked first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from desk import doubts, handing, joining, presence, presses, replying, requests, ringing, saying, ticketing
from desk.actors import Signed
from desk.work import Work

Function = Callable[[Work, Signed, Any], dict[str, Any]]
Keeps = Literal["receipt", "message", "nothing"]


@dataclass(frozen=True)
class Verb:
    """`decides`: it may ring somebody, so presence is asked first. `keeps`: what of it answers a repeated rid."""

    name: str
    audience: str
    function: Function
    decides: bool = False
    keeps: Keeps = "receipt"


_ROWS: tuple[tuple[str, type, str, Function, bool, Keeps], ...] = (
    ("contact", requests.Press, "press", presses.press, True, "receipt"),
    ("contact", requests.ContactSay, "say", saying.say_as_contact, False, "message"),
    ("contact", requests.Read, "read", ticketing.read, False, "receipt"),
    ("contact", requests.AskTechnical, "ask_technical", handing.ask_technical, True, "receipt"),
    ("contact", requests.AnswerOffer, "answer_offer", handing.answer_offer, True, "receipt"),
    ("contact", requests.AskSeverity, "ask_severity", ticketing.ask_severity, True, "receipt"),
    ("contact", requests.Leave, "leave", handing.leave_as_contact, False, "receipt"),
    ("contact", requests.Rate, "rate", ticketing.rate, False, "receipt"),
    ("contact", requests.Link, "link", ticketing.link, False, "nothing"),
    ("agent", requests.Presence, "presence", presence.presence, True, "receipt"),
    ("agent", requests.Accept, "accept", ringing.accept, False, "receipt"),
    ("agent", requests.Decline, "decline", ringing.decline, True, "receipt"),
    ("agent", requests.AgentSay, "say", saying.say_as_agent, False, "message"),
    ("agent", requests.TakeBack, "take_back", replying.take_back, False, "receipt"),
    ("agent", requests.SendAgain, "send_again", doubts.send_again, False, "receipt"),
    ("agent", requests.MarkArrived, "mark_arrived", doubts.mark_arrived, False, "receipt"),
    ("agent", requests.AddPerson, "add_person", joining.add_person, False, "receipt"),
    ("agent", requests.RemovePerson, "remove_person", joining.remove_person, False, "receipt"),
    ("agent", requests.Read, "read", ticketing.read, False, "receipt"),
    ("agent", requests.View, "view", ticketing.view, False, "nothing"),
    ("agent", requests.Escalate, "escalate", handing.escalate, True, "receipt"),
    ("agent", requests.Transfer, "transfer", handing.transfer, True, "receipt"),
    ("agent", requests.AnswerOffer, "answer_offer", handing.answer_offer, True, "receipt"),
    ("agent", requests.SetSeverity, "set_severity", ticketing.set_severity, True, "receipt"),
    ("agent", requests.SetStatus, "set_status", ticketing.set_status, False, "receipt"),
    ("agent", requests.Leave, "leave", handing.leave_as_agent, True, "receipt"),
    ("agent", requests.Link, "link", ticketing.link, False, "nothing"),
)
VERBS: dict[tuple[str, type], Verb] = {
    (audience, request): Verb(name, audience, function, decides, keeps)
    for audience, request, name, function, decides, keeps in _ROWS
}
