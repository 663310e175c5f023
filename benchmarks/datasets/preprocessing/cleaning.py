"""Blank images and invalid labels: counted, named, dropped from training, rejected in the test set."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from benchmarks.common.errors import BenchError
from benchmarks.datasets.preprocessing.splits import take
from benchmarks.datasets.spec import Split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_NAMED = 5


def check_counts(images: NDArray[np.uint8], labels: NDArray[np.integer], name: str) -> None:
    """Raise ``BenchError`` unless there are images of two dimensions, and one label for each."""
    if images.ndim != 3 or labels.ndim != 1:
        raise BenchError(f"{name}: images have {images.ndim} and labels {labels.ndim} dimensions; expected 3 and 1")
    if len(images) != len(labels):
        raise BenchError(f"{name}: {len(images)} images but {len(labels)} labels; the files do not match")
    if not images.size:
        raise BenchError(f"{name}: contains no images")


def find_bad_images(
    split: Split, n_classes: int, name: str, name_of: Callable[[int], str] | None = None
) -> dict[int, str]:
    """Return the problem of each bad image by its index.

    ``name_of(i)`` is the name of image i in messages; ``name[i]`` by default.
    """
    flat = split.images.reshape(len(split), -1)
    blank = flat.max(axis=1) == flat.min(axis=1)
    invalid = (split.labels < 0) | (split.labels >= n_classes)
    found = {int(i): f"every pixel is {flat[i, 0]}" for i in blank.nonzero()[0]}
    found |= {int(i): f"label {split.labels[i]} is not one of 0..{n_classes - 1}" for i in invalid.nonzero()[0]}
    return {i: f"{name_of(i) if name_of else f'{name}[{i}]'}: {problem}" for i, problem in sorted(found.items())}


def drop_bad_images(
    split: Split, n_classes: int, name: str, name_of: Callable[[int], str] | None = None
) -> tuple[Split, tuple[str, ...]]:
    """Return the split without its bad images, and a message for each of those.

    Raises ``BenchError`` if no image is left.
    """
    import numpy as np

    bad = find_bad_images(split, n_classes, name, name_of)
    if not bad:
        return split, ()
    if len(bad) == len(split):
        raise BenchError(f"{name}: none of the {len(split)} images can be used (first: {bad[0]})")
    return take(split, np.setdiff1d(np.arange(len(split)), list(bad))), tuple(bad.values())


def reject_bad_images(split: Split, n_classes: int, name: str, name_of: Callable[[int], str] | None = None) -> Split:
    """Return the split unchanged; raise ``BenchError`` naming the bad images if there are any."""
    bad = list(find_bad_images(split, n_classes, name, name_of).values())
    if bad:
        more = f" and {len(bad) - MAX_NAMED} more" if len(bad) > MAX_NAMED else ""
        raise BenchError(
            f"{len(bad)} test images are unusable ({'; '.join(bad[:MAX_NAMED])}{more}); fix or remove them"
        )
    return split
