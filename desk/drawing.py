"""Draws pictures of strangers anew, each in a process of its own: a small file can ask for hours and for gigabytes.

That process runs this very file, which therefore uses nothing of ours.
"""

from __future__ import annotations

import contextlib
import io
import resource
import subprocess
import sys

from PIL import Image, ImageOps

PICTURES = {"PNG", "JPEG", "GIF", "WEBP"}
BEGINNINGS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
MOST_PIXELS = 25_000_000
"""That are decoded; of a JPEG as much as the size asked for needs."""
CPU_S, WALL_S, MEMORY_BYTES = 3, 60, 640 * 1024 * 1024


def draw(data: bytes, side: int) -> bytes | None:
    """The picture anew as PNG or JPEG, at most `side` wide and high, and nothing else; None: none, or too dear."""
    return _drawn(data, "whole", side)


def draw_square(data: bytes, side: int) -> bytes | None:
    """The middle of a picture as a PNG of `side` each way, with nothing else in it; None: none, or too dear."""
    return _drawn(data, "square", side)


def _drawn(data: bytes, form: str, side: int) -> bytes | None:
    """Blocks until it is drawn: for a thread."""
    if not data.startswith(BEGINNINGS):
        return None
    with contextlib.suppress(subprocess.TimeoutExpired):
        command = [sys.executable, "-P", __file__, form, str(side)]
        done = subprocess.run(  # noqa: S603  # our own file
            command, input=data, capture_output=True, timeout=WALL_S, check=False
        )
        return done.stdout if done.returncode == 0 and done.stdout else None
    return None


def _whole(data: bytes, side: int) -> Image.Image | None:
    with Image.open(io.BytesIO(data), formats=sorted(PICTURES)) as picture:
        picture.draft(None, (side, side))
        if picture.width * picture.height > MOST_PIXELS:
            return None
        picture.load()
        ImageOps.exif_transpose(picture, in_place=True)
        picture.thumbnail((side, side))
        return picture.convert("RGBA" if picture.mode in ("RGBA", "LA", "PA", "P") else "RGB")


def _written(picture: Image.Image, kind: str) -> bytes:
    picture.info = {}  # comments and profiles would be written again
    out = io.BytesIO()
    picture.save(out, kind, **({"optimize": True} if kind == "PNG" else {"quality": 85}))
    return out.getvalue()


def _main(form: str, side: int) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    Image.MAX_IMAGE_PIXELS = None  # it speaks of what is said, we of what is decoded
    found = _whole(sys.stdin.buffer.read(), side if form == "whole" else side * 4)
    if found is None:
        return 1
    elif form == "square":
        data = _written(ImageOps.fit(found.convert("RGB"), (side, side)), "PNG")
    else:
        data = _written(found, "PNG" if found.mode == "RGBA" else "JPEG")
    sys.stdout.buffer.write(data)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(_main(sys.argv[1], int(sys.argv[2])))
    except Exception:  # the edge: what is no picture ends in as many ways as there are parsers
        sys.exit(1)
