"""How a measurement is judged and written down; what is measured is `make bench`'s own affair."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.table import BEGIN, END, Row, write_page

PAGE = Path(__file__).parent.parent / "docs/performance.md"


@pytest.mark.parametrize(
    ("ratios", "at_most", "verdict"),
    [
        ((1.0, 9.0, 1.5), True, "goal"),
        ((1.0, 3.0, 9.0), True, "floor"),
        ((5.0, 1.0, 5.0), True, "missed"),
        ((5.0, 1.0, 5.0), False, "goal"),
        ((3.0, 1.0, 3.0), False, "floor"),
    ],
)
def test_the_median_of_the_ratios_is_judged(ratios: tuple[float, ...], at_most: bool, verdict: str) -> None:
    goal, floor = (2.0, 4.0) if at_most else (4.0, 2.0)
    assert Row("a row", 1.0, "ms", ratios=ratios, goal=goal, floor=floor, at_most=at_most).verdict == verdict


def test_the_table_takes_its_place_in_the_page_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(PAGE.read_text())
    before, after = PAGE.read_text().partition(BEGIN)[0], PAGE.read_text().partition(END)[2]
    for figure in (1.5, 2.5):
        write_page([Row("a row", figure, "ms", note="a word")], page, "python -m bench chat")
        text = page.read_text()
        assert text.startswith(before) and text.endswith(after)
        assert f"| a row | {figure} ms |" in text and "`python -m bench chat`" in text and "- a row: a word" in text
    assert text.count("| a row |") == 1


def test_a_page_without_marks_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("# Speed\n")
    with pytest.raises(ValueError, match="no marks"):
        write_page([], page, "python -m bench")
