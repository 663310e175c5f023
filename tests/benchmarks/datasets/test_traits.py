"""Training images that another preparation would suit better are noted, with the option."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.datasets.preprocessing.normalization import normalize_image
from benchmarks.datasets.spec import Preparation
from benchmarks.datasets.traits import advice
from tests.benchmarks.datasets.handwriting import SCAN, STROKES, THIN_PEN, Paper, written

OWN = Preparation(dark_on_light=True)
THIN = replace(THIN_PEN, height=250, width=200, pen=3)


def notes(paper: Paper, margins: tuple[int, int], preparation: Preparation = OWN) -> list[str]:
    """Return the notes on a digit of each class, with so much paper before and after it."""
    generator = np.random.default_rng(0)
    pictures = [np.pad(written(digit, paper, generator), margins, constant_values=paper.paper) for digit in STROKES]
    return advice(np.stack([normalize_image(picture, preparation) for picture in pictures]), preparation)


@pytest.mark.parametrize(
    ("paper", "margins", "words", "option"),
    [
        (THIN, (0, 0), "thin or faint", "--normalise"),
        (replace(SCAN, pen=40), (110, 110), "small", "--centre"),
        (replace(SCAN, pen=40), (0, 260), "off-centre", "--centre"),
    ],
)
def test_what_another_preparation_would_suit_better_is_noted(
    paper: Paper, margins: tuple[int, int], words: str, option: str
) -> None:
    (note,) = notes(paper, margins)
    assert note.startswith("CAREFUL: ") and words in note and f"try {option}," in note


def test_good_images_and_centred_ones_are_not_noted() -> None:
    assert notes(SCAN, (0, 0)) == []
    assert notes(THIN, (0, 0), replace(OWN, normalised=True)) == []
    assert advice(np.zeros((0, 28, 28), np.uint8), OWN) == []
