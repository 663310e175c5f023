"""Digits as one writes, scans and photographs them: pens, paper, light, frames, rotation, JPEG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Point = tuple[float, float]

# the strokes of each digit: points (right, down) in a box of 1×1
STROKES: dict[str, tuple[tuple[Point, ...], ...]] = {
    "0": (((0.5, 0.0), (0.15, 0.2), (0.15, 0.8), (0.5, 1.0), (0.85, 0.8), (0.85, 0.2), (0.45, 0.0)),),
    "1": (((0.25, 0.3), (0.55, 0.0), (0.55, 0.0), (0.5, 1.0)),),
    "2": (((0.15, 0.25), (0.4, 0.0), (0.8, 0.15), (0.7, 0.5), (0.15, 1.0), (0.15, 1.0), (0.9, 0.95)),),
    "3": (((0.15, 0.1), (0.7, 0.0), (0.8, 0.3), (0.4, 0.48), (0.4, 0.48), (0.9, 0.65), (0.7, 1.0), (0.1, 0.9)),),
    "4": (((0.4, 0.0), (0.1, 0.6), (0.1, 0.6), (0.95, 0.6)), ((0.65, 0.3), (0.6, 1.0))),
    "5": (
        ((0.3, 0.05), (0.25, 0.45), (0.25, 0.45), (0.8, 0.5), (0.75, 0.95), (0.15, 0.95)),
        ((0.3, 0.05), (0.85, 0.0)),
    ),
    "6": (((0.7, 0.0), (0.25, 0.4), (0.2, 0.9), (0.6, 1.0), (0.8, 0.75), (0.5, 0.55), (0.22, 0.75)),),
    "7": (((0.1, 0.05), (0.9, 0.0), (0.9, 0.0), (0.4, 1.0)), ((0.35, 0.5), (0.8, 0.45))),
    "8": (((0.8, 0.15), (0.4, 0.0), (0.2, 0.25), (0.8, 0.7), (0.5, 1.0), (0.2, 0.8), (0.7, 0.35), (0.8, 0.12)),),
    "9": (((0.8, 0.2), (0.4, 0.0), (0.2, 0.3), (0.5, 0.5), (0.8, 0.2), (0.8, 0.2), (0.7, 1.0)),),
}


@dataclass(frozen=True)
class Paper:
    """How digits are written and taken: sizes in pixels, light from 0 to 255.

    ``pen``: the width of strokes. ``gradient``: how much darker the far corner is, as a share. ``shadow``: the
    brightness on one side, as a share. ``frame``: the width of a black frame. ``ruled``: the distance of lines.
    """

    height: int = 480
    width: int = 360
    pen: float = 14
    paper: int = 225
    ink: int = 45
    gradient: float = 0.35
    shadow: float = 1.0
    texture: float = 5.0
    rotation: float = 8.0
    frame: int = 0
    ruled: int = 0
    quality: int = 80


PHOTOGRAPH = Paper(640, 480, 15, gradient=0.5)
SCAN = Paper(420, 300, 9, paper=248, ink=30, gradient=0.0, texture=2.0, rotation=3.0, quality=90)
THIN_PEN = Paper(1200, 1000, 2, paper=250, ink=20, gradient=0.05, texture=1.0, quality=95)


def written(digit: str, on: Paper, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Return a picture of a digit, dark on light: shape (height, width)."""
    ink = Image.new("L", (on.width, on.height), 0)
    draw = ImageDraw.Draw(ink)
    for stroke in STROKES[digit]:
        points = _smoothed([_placed(point, on, generator) for point in stroke])
        draw.line(points, fill=255, width=max(1, round(on.pen)), joint="curve")
        for x, y in (points[0], points[-1]):
            reach = on.pen / 2
            draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=255)
    turned = ink.rotate(generator.uniform(-1, 1) * on.rotation, Image.Resampling.BILINEAR)
    share = np.asarray(turned.filter(ImageFilter.GaussianBlur(0.6)), np.float64) / 255
    sheet = np.full(share.shape, float(on.paper))
    if on.ruled:
        sheet[on.ruled // 2 :: on.ruled] = sheet[on.ruled // 2 + 1 :: on.ruled] = on.paper * 0.75
    sheet += generator.normal(0, on.texture, share.shape)
    sheet = (sheet * (1 - share) + on.ink * share) * _light(on, generator)
    if on.frame:
        for side in (np.s_[: on.frame], np.s_[-on.frame :], np.s_[:, : on.frame], np.s_[:, -on.frame :]):
            sheet[side] = 8
    return np.clip(sheet, 0, 255).astype(np.uint8)


def write_class_folders(
    root: Path, on: Paper, n: int, seed: int = 0, digits: Sequence[str] = tuple(STROKES), inverted: bool = False
) -> Path:
    """Write ``n`` JPEG files of each digit into a folder with its name."""
    generator = np.random.default_rng(seed)
    for digit in digits:
        (root / digit).mkdir(parents=True, exist_ok=True)
        for i in range(n):
            grey = written(digit, on, generator)
            tint = np.stack([grey, grey, np.rint(grey * 0.93).astype(np.uint8)], axis=-1)
            picture = Image.fromarray(255 - tint if inverted else tint)
            picture.save(root / digit / f"photo {i:03}.jpg", quality=on.quality)
    return root


def _placed(point: Point, on: Paper, generator: np.random.Generator) -> Point:
    """Return where a point of a stroke lies on the paper: the middle, a little off."""
    x, y = (coordinate + generator.normal(0, 0.025) for coordinate in point)
    side = min(on.width, on.height) * 0.62
    return on.width / 2 + (x - 0.5) * side * 0.75, on.height / 2 + (y - 0.5) * side


def _smoothed(points: Sequence[Point]) -> list[Point]:
    """Return points with their corners cut (Chaikin 1974); a point that is there twice stays a corner."""
    for _ in range(3):
        cut = [points[0]]
        for (x, y), (u, v) in pairwise(points):
            cut += [(0.75 * x + 0.25 * u, 0.75 * y + 0.25 * v), (0.25 * x + 0.75 * u, 0.25 * y + 0.75 * v)]
        points = [*cut, points[-1]]
    return list(points)


def _light(on: Paper, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return the brightness at each pixel: darker towards one corner, and in a shadow on one side."""
    down, right = np.mgrid[0 : 1 : on.height * 1j, 0 : 1 : on.width * 1j]
    if generator.random() < 0.5:
        right = 1 - right
    light = 1 - on.gradient * (down + right) / 2
    return np.asarray(np.where(right < 0.3, light * on.shadow, light))
