"""Pictures that ask for more than they are worth: drawn within bounds, or not at all, and never in our own process."""

from __future__ import annotations

import io
import resource

import pytest
from PIL import Image

from desk.drawing import CPU_S, draw, draw_square


def picture(kind: str, size: tuple[int, int], **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#2c6e73").save(out, kind, **more)
    return out.getvalue()


def many_scans(copies: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again: each is a walk over the whole picture."""
    data = picture("JPEG", (4000, 3000), progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * copies + data[-2:]


def test_a_picture_that_would_be_drawn_for_hours_is_given_up() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert draw(many_scans(5), 100) is not None
    assert draw(many_scans(100_000), 100) is None
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 3 * CPU_S


@pytest.mark.parametrize(("kind", "size"), [("PNG", (6000, 5000)), ("GIF", (6000, 5000)), ("WEBP", (6000, 5000))])
def test_of_what_must_be_decoded_whole_there_is_less_than_of_a_jpeg(kind: str, size: tuple[int, int]) -> None:
    assert draw(picture(kind, size), 100) is None
    assert draw(picture("JPEG", size), 100) is not None


def test_no_picture_is_opened_in_our_own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    body = picture("PNG", (40, 30))
    opened: list[object] = []
    monkeypatch.setattr(Image, "open", opened.append)
    assert draw(body, 100) is not None and draw_square(body, 100) is not None
    assert opened == []


@pytest.mark.parametrize("body", [b"", b"RIFF", b"\x89PNG", b"GIF8" * 9, b"<svg/>", b"\xff\xd8\xff" * 99])
def test_what_is_none_is_none(body: bytes) -> None:
    assert draw(body, 100) is None and draw_square(body, 100) is None


def test_a_square_is_a_square() -> None:
    drawn = draw_square(picture("JPEG", (400, 300)), 64)
    assert drawn is not None
    with Image.open(io.BytesIO(drawn)) as opened:
        assert (opened.size, opened.format) == ((64, 64), "PNG")
