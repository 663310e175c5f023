"""Copies of images moved by whole pixels, for models that learn from more than they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from features.spec import Transformer

Shift = tuple[int, int]  # rows, columns

SHIFTS_OF_ONE_PIXEL: tuple[Shift, ...] = ((0, 1), (0, -1), (1, 0), (-1, 0))


def shifted(images: NDArray[np.uint8], shift: Shift) -> NDArray[np.uint8]:
    """Return the images moved by whole pixels; what leaves the frame is lost, what enters is background.

    Parameters
    ----------
    images
        Shape (n, height, width).
    shift
        Rows down and columns to the right; negative ones go up and left.
    """
    import numpy as np

    moved = np.zeros_like(images)
    target, source = zip(*(_overlap(by) for by in shift), strict=True)
    moved[:, target[0], target[1]] = images[:, source[0], source[1]]
    return moved


def transform_shifted(transformer: Transformer, images: NDArray[np.uint8], shift: Shift) -> NDArray[np.float32]:
    """Return what the transformer makes of images moved by ``shift``: shape (n, n_features).

    A transformer that sets images in the middle would undo a move of the original. Such a one has a
    ``transform_shifted`` of its own, which moves the image that it has made.
    """
    own = getattr(transformer, "transform_shifted", None)
    if own is not None:
        described: NDArray[np.float32] = own(images, shift)
        return described
    return transformer.transform(shifted(images, shift))


def _overlap(by: int) -> tuple[slice, slice]:
    """Return where pixels come to lie on one axis, and where they come from."""
    return (slice(by, None), slice(None, -by)) if by > 0 else (slice(None, by or None), slice(-by, None))
