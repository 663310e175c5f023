"""The validation split, the test split of data without one, and nested training subsets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.datasets.spec import Images, Split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VALIDATION_SEED = 2026
TEST_SEED = 28
TEST_PARTS = 5  # one fifth, for data without a test set
VALIDATION_PARTS = 6  # one sixth, as MNIST's last 10,000 of 60,000


def take(split: Split, rows: NDArray[np.int64] | slice) -> Split:
    """Return the images and labels of ``rows``."""
    return Split(split.images[rows], split.labels[rows])


def stratified_order(labels: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Return a shuffled order in which every prefix is (nearly) stratified.

    Prefixes are nested: a training set of 100 is part of that of 1,000 with the same seed.
    """
    import numpy as np

    generator = np.random.default_rng(seed)
    shuffled = generator.permutation(len(labels))
    place = np.empty(len(labels))
    for label in np.unique(labels):
        of_class = shuffled[labels[shuffled] == label]
        place[of_class] = (np.arange(len(of_class)) + generator.random()) / len(of_class)
    return np.argsort(place, kind="stable")


def shuffled(split: Split) -> Split:
    """Return the images in a fixed stratified order."""
    return take(split, stratified_order(split.labels, VALIDATION_SEED))


def split_off_validation(training: Split) -> tuple[Split, Split]:
    """Split off a stratified sixth for validation (fixed seed); return (train, validation)."""
    import numpy as np

    order = stratified_order(training.labels, VALIDATION_SEED)
    n_validation = len(order) // VALIDATION_PARTS
    return take(training, np.sort(order[n_validation:])), take(training, np.sort(order[:n_validation]))


def split_off_test(everything: Split) -> tuple[Split, Split]:
    """Split off a fifth of each class, at least one image (fixed seed); return (rest, test)."""
    import numpy as np

    order = stratified_order(everything.labels, TEST_SEED)
    chosen = np.zeros(len(order), bool)
    for label in np.unique(everything.labels):
        of_class = order[everything.labels[order] == label]
        chosen[of_class[: max(1, round(len(of_class) / TEST_PARTS))]] = True
    return take(everything, np.flatnonzero(~chosen)), take(everything, np.flatnonzero(chosen))


def subset(train: Split, validation: Split, size: int | None, seed: int) -> tuple[Split, Split]:
    """Return ``size`` training images, stratified, split in the proportions of ``train`` and ``validation``."""
    if size is None:
        return train, validation
    n_validation = round(size * len(validation) / (len(train) + len(validation)))
    return (
        take(train, stratified_order(train.labels, seed)[: size - n_validation]),
        take(validation, stratified_order(validation.labels, seed)[:n_validation]),
    )


def validation_as_test(images: Images) -> Images:
    """Return the splits for model selection: the validation split replaces the test split, which is removed.

    The end of train, as many images as validation holds, becomes the new validation split, so that early stopping
    does not use the images that scores are computed on.
    """
    n_kept = len(images.train) - len(images.validation)
    return replace(
        images,
        train=take(images.train, slice(0, n_kept)),
        validation=take(images.train, slice(n_kept, None)),
        test=images.validation,
    )
