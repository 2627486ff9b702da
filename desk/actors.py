"""Who speaks: the actor that the rules judge, with the name others see and the words they read."""

from __future__ import annotations

from dataclasses import dataclass, replace

from routing.allow import Actor

SYSTEM = Actor("", "system")


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed-in person. `button_id`: whose button a contact came by; None for agents. `reads`: the language an agent
    chose for their console; empty: none.
    """

    actor: Actor
    name: str
    button_id: str | None = None
    language: str = "en"
    zone: str = "UTC"
    reads: str = ""

    def speaking(self, language: str, zone: str) -> Signed:
        """The same person with the language and zone their client told."""
        return replace(self, language=language[:16] or "en", zone=zone[:64] or "UTC")

    @property
    def topic(self) -> str:
        """Where frames for this person alone are published."""
        return f"{self.actor.kind}:{self.actor.id}"

    @property
    def by(self) -> dict[str, str]:
        """How events name them."""
        return {"id": self.actor.id, "role": self.actor.kind, "name": self.name}
