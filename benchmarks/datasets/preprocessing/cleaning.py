"""Missing and corrupted images: counted, named, dropped from training, refused in test."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from benchmarks.common.errors import BenchError
from benchmarks.datasets.preprocessing.splits import take
from benchmarks.datasets.spec import Split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NAMED_AT_MOST = 5


def check_counts(images: NDArray[np.uint8], labels: NDArray[np.integer], name: str) -> None:
    """Raise ``BenchError`` unless there are images of two dimensions, and one label for each."""
    if images.ndim != 3 or labels.ndim != 1:
        raise BenchError(
            f"{name}: images have {images.ndim} and labels {labels.ndim} dimensions; they should have 3 and 1"
        )
    if len(images) != len(labels):
        raise BenchError(f"{name}: {len(images)} images but {len(labels)} labels; the files do not belong together")
    if not images.size:
        raise BenchError(f"{name}: there are no images in it")


def faults(split: Split, n_classes: int, name: str, name_of: Callable[[int], str] | None = None) -> dict[int, str]:
    """Return what is wrong with each bad image, by its index.

    ``name_of``: what each is called; ``name`` and its index by default.
    """
    flat = split.images.reshape(len(split), -1)
    one_value = flat.max(axis=1) == flat.min(axis=1)
    strange = (split.labels < 0) | (split.labels >= n_classes)
    found = {int(i): f"every pixel is {flat[i, 0]}" for i in one_value.nonzero()[0]}
    found |= {int(i): f"label {split.labels[i]} is not one of 0..{n_classes - 1}" for i in strange.nonzero()[0]}
    return {i: f"{name_of(i) if name_of else f'{name}[{i}]'}: {fault}" for i, fault in sorted(found.items())}


def keep_good(
    split: Split, n_classes: int, name: str, name_of: Callable[[int], str] | None = None
) -> tuple[Split, tuple[str, ...]]:
    """Return the split without its bad images, and what was wrong with those.

    Raises ``BenchError`` if none is good.
    """
    import numpy as np

    bad = faults(split, n_classes, name, name_of)
    if not bad:
        return split, ()
    if len(bad) == len(split):
        raise BenchError(f"{name}: none of the {len(split)} images can be used (the first: {bad[0]})")
    return take(split, np.setdiff1d(np.arange(len(split)), list(bad))), tuple(bad.values())


def refuse_bad(split: Split, n_classes: int, name: str, name_of: Callable[[int], str] | None = None) -> Split:
    """Return the split if all its images are good; raise ``BenchError`` naming the bad ones if not."""
    bad = list(faults(split, n_classes, name, name_of).values())
    if bad:
        more = f" and {len(bad) - NAMED_AT_MOST} more" if len(bad) > NAMED_AT_MOST else ""
        raise BenchError(
            f"{len(bad)} test images are unusable ({'; '.join(bad[:NAMED_AT_MOST])}{more}); mend or remove them"
        )
    return split
