"""Copies of images shifted by whole pixels, for models that augment their training images."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from features.spec import Transformer

Shift = tuple[int, int]  # rows, columns

SHIFTS_OF_ONE_PIXEL: tuple[Shift, ...] = ((0, 1), (0, -1), (1, 0), (-1, 0))


def shifted(images: NDArray[np.uint8], shift: Shift) -> NDArray[np.uint8]:
    """Return the images shifted by whole pixels; what leaves the frame is lost, what enters is background.

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
    """Return the features of images shifted by ``shift``: shape (n, n_features).

    A transformer that centres images would undo a shift of the original. It has a ``transform_shifted`` of its own,
    which shifts the centred image.
    """
    own = getattr(transformer, "transform_shifted", None)
    if own is not None:
        described: NDArray[np.float32] = own(images, shift)
        return described
    return transformer.transform(shifted(images, shift))


def _overlap(by: int) -> tuple[slice, slice]:
    """Return the target and the source of the pixels along one axis."""
    return (slice(by, None), slice(None, -by)) if by > 0 else (slice(None, by or None), slice(-by, None))
