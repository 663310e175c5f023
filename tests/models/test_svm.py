"""Virtual support vectors: moved copies of support vectors, and of nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.datasets
from numpy.typing import NDArray

from features.pixels import Pixels
from models.registry import MODELS
from models.spec import BuildContext

IMAGES = np.asarray(np.pad(sklearn.datasets.load_digits().images[:400] * 15, ((0, 0), (2, 2), (2, 2))), np.uint8)
LABELS = sklearn.datasets.load_digits().target[:400].astype(np.int64)
SPEC = MODELS["svm-virtual"]


class CountedPixels(Pixels):
    """Pixels that remember how many images they were given."""

    def __init__(self) -> None:
        self.seen = 0

    def transform(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.seen += len(images)
        return super().transform(images)


def test_it_learns_moved_copies_of_its_support_vectors() -> None:
    pixels = CountedPixels()
    X = pixels.transform(IMAGES[:300])
    settings = SPEC.defaults_on("pixels")
    context = BuildContext(10, (12, 12), 0, settings=settings, images=IMAGES[:300], transformer=pixels)
    plain = MODELS["svm-rbf"].build(context)
    plain.fit(X, LABELS[:300])
    before = pixels.seen
    model = SPEC.build(context)
    model.fit(X, LABELS[:300])
    assert pixels.seen - before == 4 * len(plain.support_)  # type: ignore[attr-defined]

    test = pixels.transform(IMAGES[300:])
    moved = pixels.transform(np.roll(IMAGES[300:], 1, axis=2))

    def errors(of: object, X: NDArray[np.float32]) -> int:
        return int((of.predict(X) != LABELS[300:]).sum())  # type: ignore[attr-defined]

    assert errors(model, moved) < errors(plain, moved) / 2
    assert errors(model, test) <= errors(plain, test) + 3


def test_without_images_it_says_what_it_lacks() -> None:
    model = SPEC.build(BuildContext(10, (12, 12), 0, settings=SPEC.defaults_on("pixels")))
    with pytest.raises(ValueError, match="augments its training images"):
        model.fit(Pixels().transform(IMAGES), LABELS)
