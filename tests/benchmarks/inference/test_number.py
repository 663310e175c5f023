"""What is read in a picture, as text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.datasets.spec import Preparation
from benchmarks.inference.image_classifier import ImageClassifier
from benchmarks.inference.reading.number import cut, read_numbers


@dataclass(frozen=True)
class Narrow(ImageClassifier):
    """Answers with its first class for a narrow stroke, with its last for a wide one."""

    row = "narrow@pixels"

    def predictions(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.float32] | None]:
        wide = (images.max(axis=1) > 100).sum(axis=1) > images.shape[2] / 3
        return np.where(wide, len(self.classes) - 1, 0), None

    def scores(self, images: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        return None


@pytest.mark.parametrize(
    ("classes", "number"),
    [(("1", "0"), "10"), (("1", "10"), "1 10"), (("one", "none"), "one none"), (("l", "O"), "lO")],
)
def test_labels_of_several_characters_have_spaces_between_them(classes: tuple[str, ...], number: str) -> None:
    picture = np.zeros((60, 110), np.uint8)
    picture[10:50, 20:26] = 255
    picture[10:50, 55:60] = picture[10:50, 85:90] = picture[10:15, 55:90] = picture[45:50, 55:90] = 255
    (read,) = read_numbers(Narrow(classes, Preparation(centred=True)), cut([picture], "light-on-dark")).images
    assert read.number == number
