"""Reads JSON of strangers: refuses what parsers disagree about. Knows nothing of frames."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from routing.errors import BadRequest

DEEPEST = 16
DIGITS = 18
"""Longer whole numbers do not fit the record's columns."""


def read_object(text: str) -> dict[str, Any]:
    """The one JSON object in `text`.

    Raises BadRequest for anything else, and for repeated keys, NaN and infinities, numbers too long, nesting deeper
    than DEEPEST, lone surrogates and NUL.
    """
    try:
        found = _decoder.decode(text)
    except RecursionError:
        raise BadRequest("This JSON is nested too deeply.") from None
    except ValueError:
        raise BadRequest("This is not a JSON object.") from None
    if not isinstance(found, dict):
        raise BadRequest("This is not a JSON object.")
    if text.count("{") + text.count("[") > DEEPEST and _depth(found) > DEEPEST:
        raise BadRequest("This JSON is nested too deeply.")
    if "\\u" in text and not _clean(found):
        raise BadRequest("This JSON holds characters that are no text.")
    return found


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequest("This JSON names a field twice.")
    return found


def _whole(digits: str) -> int:
    if len(digits) > DIGITS:
        raise BadRequest("This JSON holds a number that is too long.")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise BadRequest("This JSON holds a number that is too large.")
    return number


def _constant(name: str) -> Any:
    raise BadRequest("This JSON holds something that is no number.")


_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_decoder = json.JSONDecoder(object_pairs_hook=_pairs, parse_int=_whole, parse_float=_fraction, parse_constant=_constant)


def _depth(found: object) -> int:
    deepest, level = 0, [found]
    while level:
        deepest += 1
        level = [inner for outer in level for inner in _inside(outer)]
    return deepest - 1  # the innermost level holds plain values


def _inside(found: object) -> list[Any]:
    if isinstance(found, dict):
        return list(found.values()) or [None]
    elif isinstance(found, list):
        return found or [None]
    else:
        return []


def _clean(found: object) -> bool:
    if isinstance(found, str):
        return _NO_TEXT.search(found) is None
    elif isinstance(found, dict):
        return all(_clean(key) and _clean(value) for key, value in found.items())
    elif isinstance(found, list):
        return all(map(_clean, found))
    else:
        return True
