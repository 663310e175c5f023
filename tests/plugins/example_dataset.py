"""A dataset defined by a plug-in: horizontal or vertical stripes."""

from __future__ import annotations

import numpy as np

from benchmarks.datasets.preprocessing.splits import split_off_validation
from benchmarks.datasets.spec import DataPlaces, Dataset, Images, Split


def load(places: DataPlaces) -> Images:
    """Return 240 images of one stripe each, 60 of them for testing."""
    generator = np.random.default_rng(7)
    labels = np.arange(240) % 2
    images = np.zeros((240, 28, 28), np.uint8)
    for image, standing in zip(images, labels, strict=True):
        at = generator.integers(4, 22)
        image[at : at + 3, 4:24] = 255
        if standing:
            image[:] = image.T.copy()
    train, validation = split_off_validation(Split(images[:180], labels[:180]))
    return Images(train, validation, Split(images[180:], labels[180:]), class_names=("lying", "standing"))


DATASETS = (Dataset("stripes", "stripes, lying or standing", load, lambda places: "drawn"),)
