"""Deskewing: images sheared by their second-order moments until their slant is vertical."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Self

from features.chunks import in_chunks
from features.spec import FeaturePipeline

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STEEPEST = 2.0  # columns per row; a steeper slant comes from specks, not from handwriting
LEAST_VARIANCE = 1e-3  # square rows; below it all ink is in one row, and has no slant


def deskew(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shear images about their centre of mass until their principal slant is vertical.

    Every row moves sideways by the slant times its height above the centre of mass, with linear
    interpolation between columns. Ink that leaves the frame is lost; what enters is background.

    Parameters
    ----------
    images
        Shape (n, height, width), 0 the background.

    Returns
    -------
    Images of the same shape. A blank image is unchanged.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document recognition,
    section III.A: "deslanting" by moments of inertia.
    """
    return in_chunks(_deskew_chunk, images)


def slants(images: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the slant of each image, in columns per row, and the row of its centre of mass.

    The slant is the covariance of column and row over the variance of the row, weighted by ink: the
    regression of columns on rows. It is 0 for an image that is blank or has ink in one row only.
    """
    import numpy as np

    _, height, width = images.shape
    rows, columns = np.arange(height), np.arange(width) - (width - 1) / 2
    # Doubles add up whole numbers exactly, so that no image depends on those it is computed with.
    by_row = images.sum(axis=2, dtype=np.float64)
    mass = np.maximum(by_row.sum(axis=1), 1)
    row_centre = (by_row * rows).sum(axis=1) / mass
    above = rows - row_centre[:, None]
    variance = (by_row * above**2).sum(axis=1) / mass
    covariance = (images @ columns * above).sum(axis=1) / mass
    slant = np.divide(covariance, variance, out=np.zeros_like(covariance), where=variance > LEAST_VARIANCE)
    return np.clip(slant, -STEEPEST, STEEPEST), row_centre


def _deskew_chunk(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import numpy as np

    _, height, width = images.shape
    slant, row_centre = slants(images)
    shift = slant[:, None] * (np.arange(height) - row_centre[:, None])
    deskewed = interpolate(images, shift[:, :, None] + np.arange(width))
    rounded: NDArray[np.uint8] = np.rint(deskewed).astype(np.uint8)
    return rounded


def interpolate(lines: NDArray[np.uint8 | np.float32], places: NDArray[np.float64]) -> NDArray[np.float32]:
    """Interpolate lines of pixels linearly at positions between the pixels; all is 0 outside the frame.

    Parameters
    ----------
    lines
        Shape (n, lines, length).
    places
        The positions, in pixels: shape (n, lines or 1, number of positions).

    Returns
    -------
    Shape (n, lines, number of positions).
    """
    import numpy as np

    length = lines.shape[2]
    single = places.astype(np.float32)
    left = np.floor(single)
    share = single - left
    # One pixel of background on either side represents everything outside the frame.
    framed = np.pad(lines, ((0, 0), (0, 0), (1, 1)))
    at_left = np.clip(left + 1, 0, length + 1).astype(np.intp)
    at_right = np.clip(left + 2, 0, length + 1).astype(np.intp)
    read: NDArray[np.float32] = np.take_along_axis(framed, at_left, axis=2) * (1 - share)
    read += np.take_along_axis(framed, at_right, axis=2) * share
    return read


class DeskewedPixels:
    """Deskews images, then flattens them and scales them from 0..255 to 0..1."""

    def fit(self, images: NDArray[np.uint8]) -> Self:
        return self

    def transform(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        import numpy as np

        flat = deskew(images).reshape(len(images), math.prod(images.shape[1:]))
        return np.divide(flat, 255, dtype=np.float32)


FEATURES = (
    FeaturePipeline("deskew", summary="every pixel of the deskewed image, scaled to 0..1", build=DeskewedPixels),
)
