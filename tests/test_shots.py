"""The pictures of README and docs are those that bin/shots takes from the running product."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from tests.support.pages import ROOT, Page

SHOTS = ROOT / "docs" / "shots"
MOST_BYTES = 300_000


def taker() -> ModuleType:
    """bin/shots."""
    loader = SourceFileLoader("shots", str(ROOT / "bin" / "shots"))
    spec = spec_from_loader("shots", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_the_pictures_are_exactly_those_that_are_taken() -> None:
    assert {path.name for path in SHOTS.iterdir()} == set(taker().NAMES)


def test_every_picture_is_one_and_small() -> None:
    for path in SHOTS.glob("*.png"):
        assert path.stat().st_size <= MOST_BYTES, path.name
        with Image.open(path) as image:
            image.verify()


def test_the_readme_leads_with_both_sides_in_both_themes() -> None:
    top = Page("README.md").text.split("```")[0]
    assert re.findall(r'(?:src|srcset)="([^"]+)"', top) == ["docs/shots/hero-dark.png", "docs/shots/hero-light.png"]
    sizes = []
    for theme in ("light", "dark"):
        with Image.open(SHOTS / f"hero-{theme}.png") as image:
            sizes.append(image.size)
    assert sizes[0] == sizes[1] and sizes[0][0] > 2 * sizes[0][1]


@pytest.mark.browser
def test_the_pictures_can_be_taken_anew(chromium_path: str, tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "bin" / "shots"), str(tmp_path)], check=True, timeout=240)
    for name in taker().NAMES:
        with Image.open(SHOTS / name) as kept, Image.open(tmp_path / name) as taken:
            assert kept.size == taken.size, name
