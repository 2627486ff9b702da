"""Every refusal of the desk; how each looks on the wire or in HTTP is decided in server/errors.py.

Exception
└── DeskError        code, message (one plain sentence), field, retry_s, extra
    ├── BadRequest   bad_request   the request cannot be understood, or a field is wrong
    ├── NotFound     not_found     not there, or not for these eyes: one answer for both
    ├── Forbidden    forbidden     seen, but not to be done by this person
    ├── Conflict     conflict      the move does not fit the state, or a rid was used for something else
    ├── Expired      expired       the answer to an old rid is no longer kept
    ├── Stale        stale         others wrote meanwhile: `events` holds what the writer has not seen
    ├── Taken        taken         somebody else was faster
    ├── Closed       closed        the ticket is closed
    ├── TooLarge     too_large     the body is larger than the desk takes
    ├── SlowDown     slow_down     too many frames: again after `retry_s`
    └── Unavailable  unavailable   nothing was recorded: again after `retry_s` with the same rid
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class DeskError(Exception):
    """Base of all refusals. Raise one of the subclasses; catch this one at the edges.

    `message` is one plain sentence without internals, fit to be read by the person who asked: `msgid` with `values` in
    their places, so that an edge can say it in another language. `field` names the field of the request that is wrong;
    `retry_s` says in seconds when to try again; `extra` goes beside them on the wire.
    """

    code: ClassVar[str] = "error"
    sentence: ClassVar[str] = "Something went wrong."

    def __init__(
        self,
        message: str | None = None,
        *,
        field: str | None = None,
        retry_s: float | None = None,
        extra: Mapping[str, Any] = _NOTHING,
        values: Mapping[str, Any] = _NOTHING,
    ) -> None:
        self.msgid = self.sentence if message is None else message
        self.values = values
        self.message = self.msgid.format(**values) if values else self.msgid
        self.field = field
        self.retry_s = retry_s
        self.extra = extra
        super().__init__(self.message)


class BadRequest(DeskError):
    code = "bad_request"
    sentence = "This request cannot be understood."


class NotFound(DeskError):
    code = "not_found"
    sentence = "There is nothing here for you under this name."


class Forbidden(DeskError):
    code = "forbidden"
    sentence = "You may not do this here."


class Conflict(DeskError):
    code = "conflict"
    sentence = "This does not fit the present state."


class Expired(DeskError):
    code = "expired"
    sentence = "The answer to this old request is no longer kept."


class Stale(DeskError):
    """`events` are the wire events that the writer had not seen, in order."""

    code = "stale"
    sentence = "Somebody wrote while you were writing."

    def __init__(self, message: str | None = None, *, events: Sequence[Any] = ()) -> None:
        super().__init__(message, extra={"events": list(events)})


class Taken(DeskError):
    code = "taken"
    sentence = "Somebody else was faster."


class Closed(DeskError):
    code = "closed"
    sentence = "This ticket is closed."


class TooLarge(DeskError):
    code = "too_large"
    sentence = "This is larger than the desk takes."


class SlowDown(DeskError):
    code = "slow_down"
    sentence = "Too many requests at once; please wait a moment."

    def __init__(self, message: str | None = None, *, retry_s: float = 1.0) -> None:
        super().__init__(message, retry_s=retry_s)


class Unavailable(DeskError):
    code = "unavailable"
    sentence = "The desk cannot take this right now; please send it again."

    def __init__(self, message: str | None = None, *, retry_s: float = 1.0) -> None:
        super().__init__(message, retry_s=retry_s)
