"""Stroke paths of the ten digits, as a hand draws them: points in shares of the side, from the top left."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

Point = tuple[float, float]


def arc(x: float, y: float, rx: float, ry: float, start: float, end: float, n: int = 14) -> list[Point]:
    """Return points of an ellipse from one angle to another, in degrees, clockwise from the right."""
    angles = [math.radians(start + (end - start) * i / n) for i in range(n + 1)]
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


DIGITS: dict[str, list[list[Point]]] = {
    "0": [arc(0.5, 0.5, 0.2, 0.32, -90, 270, 24)],
    "1": [[(0.54, 0.16), (0.5, 0.5), (0.47, 0.84)]],
    "2": [[*arc(0.5, 0.34, 0.18, 0.17, -170, 40), (0.5, 0.64), (0.33, 0.82), (0.5, 0.8), (0.72, 0.82)]],
    "3": [[*arc(0.48, 0.33, 0.17, 0.16, -150, 90), *arc(0.48, 0.66, 0.19, 0.17, -90, 150)]],
    "4": [[(0.36, 0.18), (0.32, 0.5), (0.48, 0.54), (0.68, 0.5)], [(0.66, 0.2), (0.63, 0.5), (0.6, 0.86)]],
    "5": [[(0.38, 0.18), (0.36, 0.44), *arc(0.47, 0.63, 0.2, 0.2, -110, 150)], [(0.38, 0.18), (0.68, 0.17)]],
    "6": [[(0.58, 0.15), (0.42, 0.36), (0.34, 0.6), *arc(0.5, 0.66, 0.16, 0.17, 180, -180, 20)]],
    "7": [[(0.3, 0.2), (0.5, 0.2), (0.7, 0.18), (0.58, 0.48), (0.48, 0.85)]],
    "8": [
        [
            *arc(0.5, 0.32, 0.15, 0.15, 0, -270),
            *arc(0.5, 0.67, 0.18, 0.19, -90, 270, 20),
            *arc(0.5, 0.32, 0.15, 0.15, 90, 0),
        ]
    ],
    "9": [[*arc(0.48, 0.36, 0.17, 0.18, 0, -360, 20), (0.64, 0.5), (0.6, 0.86)]],
}


def draw(page: Page, strokes: list[list[Point]], left: float = 0.0, scale: float = 1.0) -> None:
    """Draw strokes on the canvas with the mouse, ``left`` and ``scale`` in shares of its height."""
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    side = box["height"] * scale
    for stroke in strokes:
        places = [
            (box["x"] + left * box["height"] + x * side, box["y"] + (1 - scale) / 2 * box["height"] + y * side)
            for x, y in stroke
        ]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=2)
        page.mouse.up()
