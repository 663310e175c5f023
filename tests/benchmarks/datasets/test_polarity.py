"""Frames, shadows, ruled paper and uneven light do not decide what is ink and what is paper."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from benchmarks.datasets.preprocessing.polarity import contradicts, is_dark_on_light, without_frame
from benchmarks.datasets.spec import Images
from tests.benchmarks.datasets.handwriting import PHOTOGRAPH, SCAN, STROKES, THIN_PEN, Paper, written

PAPERS = {
    "plain": SCAN,
    "thin pen": replace(THIN_PEN, height=500, width=400),
    "black frame": replace(SCAN, frame=12),
    "wide black frame": replace(SCAN, frame=28),
    "frame of one pixel": replace(SCAN, frame=1),
    "frame and thin pen": replace(THIN_PEN, height=500, width=400, frame=9),
    "turned frame": replace(SCAN, frame=14, rotation=0),
    "uneven light": PHOTOGRAPH,
    "shadow on one side": replace(SCAN, shadow=0.4),
    "dark shadow in uneven light": replace(PHOTOGRAPH, shadow=0.35),
    "ruled paper": replace(SCAN, ruled=40),
    "squared notebook in a frame": replace(SCAN, ruled=15, frame=6),
    "marker": replace(SCAN, pen=40),
    "all at once": replace(PHOTOGRAPH, shadow=0.5, ruled=60, frame=25),
}


@pytest.mark.parametrize("paper", PAPERS)
def test_paper_is_told_from_ink(paper: str) -> None:
    generator = np.random.default_rng(0)
    for digit in STROKES:
        picture = written(digit, PAPERS[paper], generator)
        if paper == "turned frame":
            picture = turned(picture)
        assert is_dark_on_light(picture), digit
        assert is_dark_on_light(255 - picture) is False, digit
        assert contradicts(picture, False) and not contradicts(picture, True), digit
        assert contradicts(255 - picture, True) and not contradicts(255 - picture, False), digit


def turned(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a scan that lay a little crooked on the glass: its frame is a wedge."""
    return np.asarray(Image.fromarray(picture).rotate(1.5, Image.Resampling.BILINEAR, fillcolor=8))


ALL = slice(None)
EDGES = {"top": (slice(20), ALL), "bottom": (slice(-20, None), ALL), "left": (ALL, slice(15))}


@pytest.mark.parametrize("sides", [("top",), ("left",), ("top", "left"), ("top", "left", "bottom")])
def test_a_dark_edge_on_some_sides_is_no_paper(sides: tuple[str, ...]) -> None:
    picture = written("4", SCAN, np.random.default_rng(1)).copy()
    for side in sides:
        rows, columns = EDGES[side]
        picture[rows, columns] = 5
    assert is_dark_on_light(picture)


@pytest.mark.parametrize("width", [2, 4, 6])
def test_frames_as_thick_as_a_fifth_of_a_small_scan_are_no_paper(width: int) -> None:
    for seed, digit in enumerate(STROKES):
        inside = Image.fromarray(written(digit, SCAN, np.random.default_rng(seed))).resize((28 - 2 * width,) * 2)
        picture = np.full((28, 28), 12, np.uint8)
        picture[width:-width, width:-width] = np.asarray(inside)
        assert is_dark_on_light(picture), digit
        assert is_dark_on_light(255 - picture) is False, digit


def test_bold_shapes_with_a_margin_are_not_taken_for_framed_paper() -> None:
    for shape in (((4, 4, 23, 23),), ((4, 4, 23, 10), (4, 17, 23, 23)), ((4, 4, 12, 23), (16, 4, 23, 23))):
        picture = np.full((28, 28), 10, np.uint8)
        for top, left, bottom, right in shape:
            picture[top:bottom, left:right] = 240
        assert is_dark_on_light(picture) is False


def test_digits_that_fill_their_images_keep_their_polarity(digit_images: Images) -> None:
    images = digit_images.test.images[:200]
    assert sum(is_dark_on_light(image) is False for image in images) >= 198
    assert sum(is_dark_on_light(255 - image) is True for image in images) >= 198
    assert sum(contradicts(image, False) for image in images) <= 2
    assert sum(contradicts(image, True) for image in images) >= 190


def test_a_uniform_image_contradicts_nothing() -> None:
    for value in (0, 255):
        image = np.full((9, 9), value, np.uint8)
        assert is_dark_on_light(image) is None and not contradicts(image, True) and not contradicts(image, False)


def test_a_whole_frame_is_cut_off_and_a_stroke_is_not() -> None:
    framed = written("0", Paper(frame=15), np.random.default_rng(0))
    cut = without_frame(framed, on_all_sides=True)
    assert cut.shape == (450, 330) and cut.min() > 20
    bar = np.zeros((60, 40), np.uint8)
    bar[:4] = bar[:, 18:22] = 255  # a T that fills its image
    assert without_frame(bar, on_all_sides=True).shape == bar.shape
    square = np.zeros((60, 40), np.uint8)
    square[:4] = square[-4:] = square[:, :3] = square[:, -3:] = 255
    assert without_frame(square, on_all_sides=True).shape == square.shape
