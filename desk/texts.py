"""In which language the desk speaks: English in the code, other languages from the catalogues that the wiring gives.

What people read is written as `say(language, "Solved with {agent}.", agent=…)`; bin/texts finds the sentence there.
"""

from __future__ import annotations

from collections.abc import Mapping
from gettext import NullTranslations
from typing import Any

ENGLISH = "en"
_RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})
_catalogues: dict[str, NullTranslations] = {}


def speak(catalogues: Mapping[str, NullTranslations]) -> None:
    """The languages that this process knows besides English, by their short names."""
    _catalogues.clear()
    _catalogues.update(catalogues)


def spoken(wanted: str) -> str:
    """The language that somebody gets who wants this one: `pt` for `pt-BR`, English for what we do not speak."""
    return short(wanted) if short(wanted) in _catalogues else ENGLISH


def short(language: str) -> str:
    """`pt` of `pt-BR`."""
    return language.split("-")[0].lower()


def direction(language: str) -> str:
    """How the language runs, as HTML's `dir`."""
    return "rtl" if short(language) in _RIGHT_TO_LEFT else "ltr"


def catalogue(language: str) -> NullTranslations:
    """Its texts; English itself needs none."""
    return _catalogues.get(spoken(language), _NOTHING)


def say(language: str, msgid: str, /, **values: Any) -> str:
    """The sentence in that language, with the values in their places."""
    text = catalogue(language).gettext(msgid)
    return text.format(**values) if values else text


_NOTHING = NullTranslations()
