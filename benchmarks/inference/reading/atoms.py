"""The atoms of a number: the smallest bits of ink that a digit may consist of, in order, and the candidates for digits.

A candidate is one atom or several that follow each other (over-segmentation: Casey & Lecolinet 1996).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.common.errors import BenchError
from benchmarks.inference.reading.cuts import cuts_of
from benchmarks.inference.reading.ink import Ink
from benchmarks.inference.reading.pieces import Box, Piece, pieces_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WIDEST = 1.5  # of the line's height: what is wider is no digit
MOST_ATOMS = 9  # of one digit
MOST_IN_ALL = 600  # of a picture; a stain can be cut anywhere
FRAME = 1.4  # a digit's picture is so many times its longer side, as in MNIST: 28 pixels for 20
FEWEST_PIXELS = 3  # of an atom


@dataclass(frozen=True)
class Boundary:
    """Between two atoms: the share of ink that a cut runs through, or None between two pieces and their distance.

    Both in heights of the line; the distance is negative where the boxes overlap.
    """

    cut: float | None
    distance: float = 0.0


@dataclass(frozen=True)
class Candidate:
    """Atoms ``first`` to ``last``, counted from 0, that may be one digit, and the box around them."""

    first: int
    last: int
    box: Box


@dataclass(frozen=True)
class Atoms:
    """All atoms of a picture's ink.

    ``numbered``: the atom of each pixel, counted from 1, or 0; shape (height, width). ``height``: of the line, in
    pixels.
    """

    ink: Ink
    numbered: NDArray[np.int32]
    boxes: tuple[Box, ...]
    boundaries: tuple[Boundary, ...]
    height: int

    def candidates(self) -> list[Candidate]:
        """Return what may be a digit, in order of the first atom and then of the last."""
        found = []
        for first, start in enumerate(self.boxes):
            box = start
            for last in range(first, min(first + MOST_ATOMS, len(self.boxes))):
                box = box.joined(self.boxes[last])
                if last > first and box.width > WIDEST * self.height:
                    break
                found.append(Candidate(first, last, box))
        return found

    def in_picture(self, box: Box) -> Box:
        """Return a box in pixels of the whole picture."""
        step, (height, width) = self.ink.step, self.ink.shape
        return Box(box.left * step, box.top * step, min(box.right * step, width), min(box.bottom * step, height))

    def picture(self, candidate: Candidate, frame: float = FRAME) -> NDArray[np.uint8]:
        """Return the ink of a candidate alone, in the middle of a square: 0 the background, 255 full ink.

        The square's side is ``frame`` times the longer side of the candidate.
        """
        import numpy as np

        box = candidate.box
        # the soft edge of strokes is beside the atoms
        top, left = max(box.top - 1, 0), max(box.left - 1, 0)
        place = np.s_[top : box.bottom + 1, left : box.right + 1]
        numbered = self.numbered[place]
        own = (numbered > candidate.first) & (numbered <= candidate.last + 1)
        ink = np.where(own, self.ink.strength[place], 0)
        side = round(frame * max(ink.shape)) + 2
        square = np.zeros((side, side), np.uint8)
        down, right = (side - ink.shape[0]) // 2, (side - ink.shape[1]) // 2
        square[down : down + ink.shape[0], right : right + ink.shape[1]] = ink
        return square


def atoms_of(ink: Ink) -> Atoms:
    """Return the atoms of a picture's ink; none of one without ink. Raises ``BenchError`` if it shows no number."""
    import numpy as np
    from skimage.segmentation import expand_labels

    parts, pieces = pieces_of(ink.mask)
    height = max((piece.box.height for piece in pieces), default=0)
    numbered = np.zeros(parts.shape, np.int32)
    boxes: list[Box] = []
    boundaries: list[Boundary] = []
    for i, piece in enumerate(pieces):
        if i:
            distance = piece.box.left - max(other.box.right for other in pieces[:i])
            boundaries.append(Boundary(None, distance / height))
        boundaries += _add_piece(piece, parts, numbered, boxes, height)
        if len(boxes) > MOST_IN_ALL:
            raise BenchError("it shows no line of digits, but strokes that could be cut anywhere")
    return Atoms(ink, expand_labels(numbered, 1), tuple(boxes), tuple(boundaries), height)


def _add_piece(
    piece: Piece, parts: NDArray[np.int32], numbered: NDArray[np.int32], boxes: list[Box], height: int
) -> list[Boundary]:
    """Number the atoms of a piece, add their boxes, and return the boundaries between them."""
    import numpy as np

    box = piece.box
    place = np.s_[box.top : box.bottom, box.left : box.right]
    mask = np.isin(parts[place], piece.parts)
    right_of: list[NDArray[np.bool_]] = []
    boundaries = []
    before = mask
    for cut in cuts_of(mask, height):
        right = before & (np.arange(mask.shape[1]) >= cut.columns[:, None])
        if min(right.sum(), (before & ~right).sum()) >= FEWEST_PIXELS:
            right_of.append(right)
            boundaries.append(Boundary(cut.ink))
            before = right
    atoms = mask.astype(np.int32) + sum(part.astype(np.int32) for part in right_of)
    for number in range(1, len(right_of) + 2):
        boxes.append(_box_of(atoms == number, box))
    numbered[place][mask] = atoms[mask] + len(boxes) - len(right_of) - 1
    return boundaries


def _box_of(mask: NDArray[np.bool_], within: Box) -> Box:
    import numpy as np

    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return Box(
        within.left + int(columns[0]),
        within.top + int(rows[0]),
        within.left + int(columns[-1]) + 1,
        within.top + int(rows[-1]) + 1,
    )
