"""A picture of a number is cut into digits: drawn digits, paper lines, uneven light, touching strokes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from benchmarks.common.errors import BenchError
from benchmarks.inference.reading.atoms import Atoms
from benchmarks.inference.reading.division import divide, evidence_of
from benchmarks.inference.reading.number import cut
from benchmarks.inference.reading.pieces import Box, pieces_of
from tests.benchmarks.serve.strokes import DIGITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 120  # pixels of a drawn digit
PAPER, PEN = 230, 40
numbers = st.text("0123456789", min_size=1, max_size=5)


def drawn(number: str, apart: float = 0.75, width: int = 9, lines: int = 0) -> NDArray[np.uint8]:
    """Return a number drawn in dark ink on light paper, the middles of its digits ``apart`` sides from each other."""
    page = Image.new("L", (round(SIDE * (apart * len(number) + 1)), SIDE + 40), PAPER)
    drawing = ImageDraw.Draw(page)
    for row in range(15, page.height, 30) if lines else ():
        drawing.line([(0, row), (page.width, row + 1)], fill=150, width=lines)
    for i, label in enumerate(number):
        for stroke in DIGITS[label]:
            points = [((apart * i + x) * SIDE + SIDE * 0.1, y * SIDE + 20) for x, y in stroke]
            drawing.line(points, fill=PEN, width=width, joint="curve")
    return np.asarray(page)


def cut_one(picture: NDArray[np.uint8]) -> Atoms:
    (atoms,) = cut([picture])
    return atoms


def boxes_of(picture: NDArray[np.uint8]) -> list[Box]:
    """Return the boxes of the pieces that stand apart, in pixels of the picture."""
    atoms = cut_one(picture)
    return [atoms.in_picture(piece.box) for piece in pieces_of(atoms.ink.mask)[1]]


@given(numbers)
@settings(max_examples=15)
def test_each_digit_is_one_box_in_order_that_holds_its_ink(number: str) -> None:
    picture = drawn(number)
    boxes = boxes_of(picture)
    assert len(boxes) == len(number)
    assert [box.left for box in boxes] == sorted(box.left for box in boxes)
    covered = np.zeros(picture.shape, bool)
    for box in boxes:
        assert 0 <= box.left < box.right <= picture.shape[1] and 0 <= box.top < box.bottom <= picture.shape[0]
        covered[box.top : box.bottom, box.left : box.right] = True
    assert covered[picture < (PAPER + PEN) / 2].all()


@given(numbers, st.integers(0, 40), st.integers(0, 40))
@settings(max_examples=10)
def test_polarity_and_place_change_nothing(number: str, right: int, down: int) -> None:
    picture = drawn(number)
    boxes = boxes_of(picture)
    assert boxes_of(255 - picture) == boxes
    moved = np.pad(picture, ((down, 40 - down), (right, 40 - right)), constant_values=PAPER)
    for box, other in zip(boxes, boxes_of(moved), strict=True):
        assert (other.width, other.height) == (box.width, box.height)
        assert (other.left, other.top) == (box.left + right, box.top + down)


def test_lines_of_the_paper_are_no_ink_and_strokes_across_them_stay_whole() -> None:
    plain, ruled = boxes_of(drawn("30592")), boxes_of(drawn("30592", lines=2))
    assert len(ruled) == 5
    for box, other in zip(plain, ruled, strict=True):
        assert abs(box.left - other.left) <= 4 and abs(box.bottom - other.bottom) <= 4
    squared = np.minimum(drawn("852", lines=2), np.where(np.arange(390) % 30 < 2, 150, 255))
    assert len(boxes_of(squared.astype(np.uint8))) == 3


def test_a_straight_digit_that_fills_its_picture_is_no_line() -> None:
    upright = np.full((200, 60), PAPER, np.uint8)
    upright[:, 28:33] = PEN
    assert len(boxes_of(upright)) == 1


def test_uneven_light_and_grain_are_no_ink() -> None:
    picture = drawn("4172").astype(np.float64)
    light = np.linspace(0.45, 1, picture.shape[1]) * np.linspace(1, 0.8, picture.shape[0])[:, None]
    grain = np.random.default_rng(0).normal(0, 3, picture.shape)
    photo = np.clip(picture * light + grain, 0, 255).astype(np.uint8)
    boxes, plain = boxes_of(photo), boxes_of(drawn("4172"))
    assert len(boxes) == 4
    for box, other in zip(boxes, plain, strict=True):
        assert abs(box.left - other.left) <= 4 and abs(box.right - other.right) <= 4


@pytest.mark.parametrize(("pair", "apart"), [("00", 0.4), ("35", 0.36), ("69", 0.31), ("83", 0.34)])
def test_touching_digits_are_cut_where_they_touch(pair: str, apart: float) -> None:
    picture = drawn(pair, apart)
    assert len(boxes_of(picture)) == 1
    between = (0.5 + 0.1 + apart / 2) * SIDE
    assert min(abs(box.right - between) for box in cut_one(picture).boxes[:-1]) < 0.12 * SIDE


def test_blank_paper_has_no_digits_and_many_strokes_are_no_number() -> None:
    grain = np.random.default_rng(0).normal(200, 2, (200, 300)).astype(np.uint8)
    for blank in (grain, np.zeros((50, 50), np.uint8), np.full((1, 1), 255, np.uint8)):
        atoms = cut_one(blank)
        assert atoms.candidates() == [] and divide(evidence_of(atoms, [], [], [])) == []
    fence = np.zeros((100, 900), np.uint8)
    fence[20:80, 50:850:10] = fence[20:80, 51:850:10] = fence[20:80, 52:850:10] = 255
    with pytest.raises(BenchError, match="at most 64 digits"):
        cut_one(fence)
