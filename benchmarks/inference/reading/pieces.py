"""Ink → its separate pieces from left to right; parts of one digit above each other are one piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.common.errors import BenchError
from benchmarks.datasets.preprocessing.strokes import stroke_width

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LARGE = 0.5  # of the height of the tallest piece; smaller ones may be parts of a digit
NEAR = 0.35  # of that height: a small piece farther from every large one is a speck
SPECK = 0.06  # of that height, in both directions: what is smaller is a speck, wherever it is
THIN = 0.5  # of the width of strokes: a small piece that is thinner is a rest of a paper line, or a speck
SAME_COLUMNS = 0.5  # of the narrower width: pieces above each other are one digit
BESIDE = 0.4  # of the lower height: pieces that share more rows do not stand above each other
MOST = 64


@dataclass(frozen=True)
class Box:
    """A part of a picture in pixels, from the top left; ``right`` and ``bottom`` are the first that are outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def joined(self, other: Box) -> Box:
        """Return the smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True)
class Piece:
    """Ink that stands apart: the numbers of its connected parts, and the box around it."""

    parts: tuple[int, ...]
    box: Box

    def joined(self, other: Piece) -> Piece:
        return Piece((*self.parts, *other.parts), self.box.joined(other.box))


def pieces_of(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int32], list[Piece]]:
    """Return the number of the connected part of each pixel, 0 where there is none, and the pieces in their order.

    Specks are in no piece. Raises ``BenchError`` if there are more pieces than any number has digits.
    """
    from scipy.ndimage import find_objects, label

    numbered, _ = label(mask, [[1, 1, 1]] * 3)
    found = [
        Piece((number,), Box(columns.start, rows.start, columns.stop, rows.stop))
        for number, (rows, columns) in enumerate(find_objects(numbered), start=1)
    ]
    tallest = max((piece.box.height for piece in found), default=0)
    large = _stacked([piece for piece in found if piece.box.height >= LARGE * tallest])
    if len(large) > MOST:
        raise BenchError(f"it shows {len(large)} separate strokes; a number has at most {MOST} digits")
    small = [piece for piece in found if piece.box.height < LARGE * tallest]
    thin = THIN * stroke_width(mask)
    thick = [piece for piece in small if min(piece.box.width, piece.box.height) >= thin]
    pieces = _with_small(large, thick, tallest)
    return numbered, sorted(pieces, key=lambda piece: piece.box.left + piece.box.right)


def _stacked(pieces: Sequence[Piece]) -> list[Piece]:
    """Return large pieces, those above each other as one."""
    joined: list[Piece] = []
    for piece in sorted(pieces, key=lambda piece: piece.box.left):
        at = next((i for i, other in enumerate(joined) if _is_above(piece.box, other.box)), None)
        if at is None:
            joined.append(piece)
        else:
            joined[at] = joined[at].joined(piece)
    return joined


def _with_small(large: Sequence[Piece], small: Sequence[Piece], tallest: int) -> list[Piece]:
    """Return the large pieces with the small ones that are above or below them, and the others that are no specks."""
    joined, alone = list(large), []
    for piece in small:
        if max(piece.box.width, piece.box.height) < SPECK * tallest:
            continue
        shares = [_shared_columns(piece.box, other.box) / piece.box.width for other in large]
        at = max(range(len(large)), key=shares.__getitem__)
        if min(_distance(piece.box, other.box) for other in large) > NEAR * tallest:
            continue
        if shares[at] > SAME_COLUMNS:
            joined[at] = joined[at].joined(piece)
        else:
            alone.append(piece)
    return [*joined, *alone]


def _is_above(first: Box, second: Box) -> bool:
    shared_rows = min(first.bottom, second.bottom) - max(first.top, second.top)
    narrower, lower = min(first.width, second.width), min(first.height, second.height)
    return _shared_columns(first, second) > SAME_COLUMNS * narrower and shared_rows < BESIDE * lower


def _shared_columns(first: Box, second: Box) -> int:
    return max(min(first.right, second.right) - max(first.left, second.left), 0)


def _distance(first: Box, second: Box) -> int:
    """Return the larger of the horizontal and the vertical distance between two boxes; 0 if they overlap."""
    across = max(first.left, second.left) - min(first.right, second.right)
    down = max(first.top, second.top) - min(first.bottom, second.bottom)
    return max(across, down, 0)
