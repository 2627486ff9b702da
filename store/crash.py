"""Crash points: the process kills itself at a named stage of a verb, so that tests can prove what survives.

`VIPDESK_CRASH=say:before_commit` kills at the first such moment, `say:before_commit:7` at the seventh, and `*` as the
verb means any. The engine calls the first three stages, desk and server the others.
"""

import os
import signal
from dataclasses import dataclass, field
from threading import Lock

STAGES = ("before_tx", "before_commit", "after_commit", "after_ack", "during_fanout")
"""In the order in which a verb meets them."""

VARIABLE = "VIPDESK_CRASH"


@dataclass
class Point:
    """One place to die at; `left` visits are survived no more."""

    verb: str
    stage: str
    left: int
    _lock: Lock = field(default_factory=Lock, repr=False)

    def visit(self, verb: str, stage: str) -> None:
        """Kills this process when this is the place and the count is reached."""
        if stage != self.stage or self.verb not in (verb, "*"):
            return
        with self._lock:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def parse(text: str) -> Point:
    """`verb:stage` or `verb:stage:n`. Raises ValueError with a sentence when it is neither."""
    verb, _, rest = text.partition(":")
    stage, _, count = rest.partition(":")
    if stage not in STAGES:
        raise ValueError(f"{VARIABLE}={text!r}: the stage must be one of {', '.join(STAGES)}")
    if count and not (count.isdecimal() and int(count) > 0):
        raise ValueError(f"{VARIABLE}={text!r}: the count must be a number from 1 on")
    return Point(verb, stage, int(count or 1))


armed: Point | None = parse(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None
"""Where this process shall die; None in every real life."""


def at(verb: str, stage: str) -> None:
    """Passes here, unless this is the place to die at."""
    if armed is not None:
        armed.visit(verb, stage)
