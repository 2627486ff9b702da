"""What was wrong with a mail, said once each."""

from __future__ import annotations

MOST = 40
MOST_SIGNS = 160


class Defects:
    """Grows while a mail is read; a mail of a million faults says the first forty."""

    def __init__(self) -> None:
        self._said: dict[str, None] = {}

    def note(self, what: str, detail: str = "") -> None:
        """`what` is a fixed phrase; `detail` comes from the mail and is cut and cleaned."""
        if len(self._said) < MOST:
            shown = "".join(sign for sign in detail[:MOST_SIGNS] if sign.isprintable())
            self._said[f"{what}: {shown}" if shown else what] = None

    def all(self) -> tuple[str, ...]:
        """In the order of their finding."""
        return tuple(self._said)
