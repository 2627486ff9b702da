"""Faces for the demo's fictional people, drawn from a few shapes."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from server.demo.cast import Agent

SIDE, SCALE = 192, 4
HAIR = ("#3a2a1e", "#1d1b1a", "#7a4a24", "#c9a25a", "#54402e", "#8a8078", "#5a2e1a", "#2b2b33")


def face(agent: Agent, number: int) -> bytes:
    """A PNG; `number` picks the hair."""
    side = SIDE * SCALE
    picture = Image.new("RGB", (side, side), "#e4ebe9")
    pen = ImageDraw.Draw(picture)
    clothes, skin = agent.colours
    hair = HAIR[number % len(HAIR)]

    def oval(x: float, y: float, wide: float, high: float, colour: str) -> None:
        pen.ellipse([(x - wide) * side, (y - high) * side, (x + wide) * side, (y + high) * side], fill=colour)

    long_hair = number % 2 == 0 and agent.id != "adam"
    if long_hair:
        oval(0.5, 0.46, 0.25, 0.29, hair)
    oval(0.5, 1.02, 0.40, 0.30, clothes)
    pen.rectangle([0.43 * side, 0.58 * side, 0.57 * side, 0.76 * side], fill=skin)
    oval(0.5, 0.45, 0.175, 0.215, skin)
    pen.pieslice([0.315 * side, 0.19 * side, 0.685 * side, 0.62 * side], 180, 360, fill=hair)
    oval(0.5, 0.44, 0.165, 0.12, skin)
    for x in (0.435, 0.565):
        oval(x, 0.46, 0.016, 0.02, "#2a2522")
    pen.arc([0.44 * side, 0.49 * side, 0.56 * side, 0.585 * side], 25, 155, fill="#8a4a40", width=SCALE * 3)
    out = io.BytesIO()
    picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()
