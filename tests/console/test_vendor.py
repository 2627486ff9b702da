"""The vendored files are exactly those of vendor/vendor.toml, unedited, with their licences."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES: list[dict[str, Any]] = tomllib.loads((ROOT / "vendor" / "vendor.toml").read_text())["package"]
FILES: dict[str, str] = {entry["to"]: entry["sha256"] for package in PACKAGES for entry in package["file"]}


@pytest.mark.parametrize("place", sorted(FILES))
def test_a_vendored_file_is_unedited(place: str) -> None:
    assert hashlib.sha256((ROOT / place).read_bytes()).hexdigest() == FILES[place]


def test_no_vendored_file_is_unlisted() -> None:
    folders = [ROOT / "server" / "static" / "vendor", ROOT / "vendor" / "licences"]
    found = {path.relative_to(ROOT).as_posix() for folder in folders for path in folder.rglob("*") if path.is_file()}
    assert found - set(FILES) == set()


def test_every_package_names_its_release_and_licence_and_keeps_the_text() -> None:
    for package in PACKAGES:
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
        assert package["licence"]
        texts = [entry["to"] for entry in package["file"] if entry["to"].startswith("vendor/licences/")]
        assert len(texts) == 1
        assert (ROOT / texts[0]).stat().st_size > 500


def test_vendored_modules_import_only_relative_paths() -> None:
    for path in (ROOT / "server" / "static" / "vendor").glob("*.js"):
        for target in re.findall(r"""(?:from|import)\s*["']([^"']+)["']""", path.read_text()):
            assert target.startswith("./"), f"{path.name} imports {target}, which a strict policy cannot resolve"


def test_our_modules_import_only_what_the_tree_serves() -> None:
    static = ROOT / "server" / "static"
    for path in (static / "js").rglob("*.js"):
        for target in re.findall(r"""^(?:import|export)[^;]*?from\s+"([^"]+)";""", path.read_text(), re.MULTILINE):
            place = (path.parent / target).resolve().relative_to(static).as_posix()
            served = (
                ROOT / "widget" / "static" / place.removeprefix("widget/")
                if place.startswith("widget/")
                else static / place
            )
            assert served.is_file(), f"{path.relative_to(static)} imports {target}"


def test_every_icon_that_is_used_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "server" / "static" / "icons" / "sprite.svg").read_text()))
    source = "\n".join(path.read_text() for path in (ROOT / "server" / "static" / "js").rglob("*.js"))
    used = set(re.findall(r'<\$\{Icon\} name="([^"]+)"', source)) | set(re.findall(r'icon[:=]\s*"([a-z-]+)"', source))
    assert used - drawn == set()
