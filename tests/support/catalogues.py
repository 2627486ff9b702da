"""bin/texts as a module, and a language made up of look-alike letters: what stays plain was never translated."""

from __future__ import annotations

import re
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

from babel.messages import Catalog

ROOT = Path(__file__).resolve().parents[2]
_PLACE = re.compile(r"(\{\w+\}|%\(\w+\)s)")
_LOOKALIKE = {ord(plain): chr(0x400 + place) for place, plain in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {
    ord(plain): chr(0x430 + place) for place, plain in enumerate("abcdefghijklmnopqrstuvwxyz")
}


def keeper() -> ModuleType:
    """bin/texts."""
    loader = SourceFileLoader("texts", str(ROOT / "bin" / "texts"))
    spec = spec_from_loader("texts", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def disguised(text: str) -> str:
    """The text in look-alike letters, its places for values as they were."""
    return "".join(part if place % 2 else part.translate(_LOOKALIKE) for place, part in enumerate(_PLACE.split(text)))


def translate(root: Path, language: str) -> Catalog:
    """Writes the language into a copy of the product and compiles it, as a translator would."""
    texts = keeper()
    folder = root / "server" / "texts"
    texts.begin(folder, language)
    catalog = Catalog(locale=language)
    catalog.update(texts.template())
    for message in catalog:
        if message.id and isinstance(message.id, str):
            message.string = disguised(message.id)
        elif message.id:
            message.string = tuple(disguised(message.id[-1]) for _ in range(catalog.num_plurals))
    (folder / language / "vipdesk.po").write_bytes(texts.written(catalog))
    for path, body in texts.made(folder).items():
        path.write_bytes(body)
    return catalog
