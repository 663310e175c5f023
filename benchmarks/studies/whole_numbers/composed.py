"""Pictures of numbers, composed of single digits: side by side, or pushed together until their strokes touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.datasets.spec import Split

LONGEST = 5  # digits
MARGIN = 8  # pixels around a number
GAPS = (1, 8)  # pixels between the boxes of digits that do not touch
OVERLAPS = {"touching": (0, 1), "overlapping": (2, 3)}  # pixels by which strokes run into each other
KINDS = ("apart", *OVERLAPS)
SHIFT = 2  # pixels by which a digit may be higher or lower than the line
INK = 51  # a fifth of full ink; fainter pixels are the soft edge of strokes


@dataclass(frozen=True)
class NumberImage:
    """A picture of a number, light on dark, and the number.

    ``owners``: which digit the ink of a pixel is of, counted from 1, or 0. Both of shape (height, width).
    """

    image: NDArray[np.uint8]
    owners: NDArray[np.uint8]
    number: str


def compose(split: Split, kind: str, n: int, seed: int) -> list[NumberImage]:
    """Return ``n`` numbers of one to five random digits, of one of ``KINDS``; those that touch have two at least."""
    rng = np.random.default_rng(seed)
    numbers = []
    for _ in range(n):
        rows = rng.integers(len(split), size=rng.integers(2 if kind in OVERLAPS else 1, LONGEST + 1))
        number = "".join(str(label) for label in split.labels[rows])
        numbers.append(NumberImage(*side_by_side(split.images[rows], kind, rng), number))
    return numbers


def side_by_side(
    images: NDArray[np.uint8], kind: str, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return digits of shape (n, height, width) in a line, at slightly different heights, and their owners."""
    height = images.shape[1]
    canvas = np.zeros((height + 2 * MARGIN, 2 * MARGIN + 2 * len(images) * images.shape[2]), np.uint8)
    owners = np.zeros_like(canvas)
    right = MARGIN
    for i, image in enumerate(images):
        columns = np.flatnonzero((image >= INK).any(axis=0))
        digit = image[:, columns[0] : columns[-1] + 1]
        top = MARGIN + int(rng.integers(-SHIFT, SHIFT + 1))
        left = right
        if i and kind in OVERLAPS:
            rows = np.s_[top : top + height]
            left = touching_left(canvas[rows], digit) - int(rng.integers(*OVERLAPS[kind], endpoint=True))
        elif i:
            left += int(rng.integers(*GAPS, endpoint=True))
        place = np.s_[top : top + height, left : left + digit.shape[1]]
        owners[place][digit > canvas[place]] = i + 1
        canvas[place] = np.maximum(canvas[place], digit)
        right = max(right, left + digit.shape[1])
    return canvas[:, : right + MARGIN], owners[:, : right + MARGIN]


def touching_left(line: NDArray[np.uint8], digit: NDArray[np.uint8]) -> int:
    """Return the column where a digit just touches what is written on its rows; right of all where no row meets."""
    reach = np.where((line >= INK).any(axis=1), line.shape[1] - (line >= INK)[:, ::-1].argmax(axis=1), -line.shape[1])
    # strokes touch diagonally too
    reach = np.maximum.reduce([reach, np.append(reach[1:], reach[-1]), np.insert(reach[:-1], 0, reach[0])])
    first = np.where((digit >= INK).any(axis=1), (digit >= INK).argmax(axis=1), line.shape[1])
    return max(int((reach - first).max()), 1)
