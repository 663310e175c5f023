"""Who learns from which images: the validation split, and nested training subsets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.datasets.spec import Images, Split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VALIDATION_SEED = 2026
TEST_SEED = 28
TEST_PARTS = 5  # one fifth, where nothing else is set apart to test with
VALIDATION_PARTS = 6  # one sixth of what may be learnt from, as MNIST's last 10,000 of 60,000


def take(split: Split, rows: NDArray[np.int64] | slice) -> Split:
    """Return the images and labels of ``rows``."""
    return Split(split.images[rows], split.labels[rows])


def stratified_order(labels: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Return a shuffled order of which every prefix holds the classes in nearly their overall shares.

    Prefixes are nested, so a training set of 100 is part of that of 1,000 with the same seed.
    """
    import numpy as np

    generator = np.random.default_rng(seed)
    shuffled = generator.permutation(len(labels))
    place = np.empty(len(labels))
    for label in np.unique(labels):
        of_class = shuffled[labels[shuffled] == label]
        place[of_class] = (np.arange(len(of_class)) + generator.random()) / len(of_class)
    return np.argsort(place, kind="stable")


def mixed(split: Split) -> Split:
    """Return the images in another order, always the same, of which every prefix holds the classes in their shares."""
    return take(split, stratified_order(split.labels, VALIDATION_SEED))


def with_validation(learnable: Split) -> tuple[Split, Split]:
    """Split off a stratified sixth for validation, always the same one; return (train, validation)."""
    import numpy as np

    order = stratified_order(learnable.labels, VALIDATION_SEED)
    n_validation = len(order) // VALIDATION_PARTS
    return take(learnable, np.sort(order[n_validation:])), take(learnable, np.sort(order[:n_validation]))


def with_test(everything: Split) -> tuple[Split, Split]:
    """Split off a fifth of each class, one image at least, to test with; always the same. Return (the rest, test)."""
    import numpy as np

    order = stratified_order(everything.labels, TEST_SEED)
    chosen = np.zeros(len(order), bool)
    for label in np.unique(everything.labels):
        of_class = order[everything.labels[order] == label]
        chosen[of_class[: max(1, round(len(of_class) / TEST_PARTS))]] = True
    return take(everything, np.flatnonzero(~chosen)), take(everything, np.flatnonzero(chosen))


def subset(train: Split, validation: Split, size: int | None, seed: int) -> tuple[Split, Split]:
    """Return ``size`` images to learn from, stratified, in the shares of ``train`` and ``validation``."""
    if size is None:
        return train, validation
    n_validation = round(size * len(validation) / (len(train) + len(validation)))
    return (
        take(train, stratified_order(train.labels, seed)[: size - n_validation]),
        take(validation, stratified_order(validation.labels, seed)[:n_validation]),
    )


def without_test(images: Images) -> Images:
    """Return what settings are chosen on: the validation split takes the place of the test split.

    The last of train, as many as validation holds, become the new validation split, so that a model
    under choice can still stop early without a look at what it is judged by. The real test split is gone.
    """
    n_kept = len(images.train) - len(images.validation)
    return replace(
        images,
        train=take(images.train, slice(0, n_kept)),
        validation=take(images.train, slice(n_kept, None)),
        test=images.validation,
    )
