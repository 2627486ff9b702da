"""Reads the tables and links of our Markdown."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Page:
    """One file under the root."""

    def __init__(self, name: str) -> None:
        self.path = ROOT / name
        self.text = self.path.read_text("utf-8")

    def rows(self, heading: str) -> list[list[str]]:
        """The cells of all tables under a heading, headers left out."""
        found = re.search(rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#{{1,6}} |\Z)", self.text, re.M | re.S)
        assert found is not None, f"{self.path.name} has no heading {heading!r}"
        rows = []
        for table in re.findall(r"(?:^\|.*\n?)+", found[2], re.M):
            lines = table.strip().splitlines()
            assert re.fullmatch(r"[|\- :]+", lines[1]), lines[1]
            rows += [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
        return rows

    def names(self, heading: str) -> list[str]:
        """What stands in backticks in the first cells."""
        return [name for row in self.rows(heading) for name in ticked(row[0])]

    def links(self) -> list[str]:
        """Where it points: Markdown's links and pictures, and those in HTML."""
        return re.findall(r"\]\(([^)\s]+)\)", self.text) + re.findall(r'(?:src|srcset|href)="([^"]+)"', self.text)


def ticked(cell: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)
