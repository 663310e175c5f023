"""The images of a published dataset at another size."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.datasets.preprocessing.normalization import resized
from benchmarks.datasets.spec import Images, Split


def with_image_size(images: Images, side: int) -> Images:
    """Return images scaled to ``side`` pixels on the longer side, on squares of their background."""
    train, validation, test = (_scaled(split, side) for split in (images.train, images.validation, images.test))
    preparation = replace(images.preparation, image_shape=(side, side))
    return replace(images, train=train, validation=validation, test=test, preparation=preparation, image_size=side)


def _scaled(split: Split, side: int) -> Split:
    import numpy as np

    if split.images.shape[1:] == (side, side):
        return split
    scaled = np.empty((len(split), side, side), np.uint8)
    for i, image in enumerate(split.images):
        scaled[i] = resized(image, (side, side))
    return replace(split, images=scaled)
