"""Edges: the image, its Sobel gradient and its Canny edges, for a whole array of images at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Self

from features.chunks import in_chunks
from features.spec import FeaturePipeline

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Gradient = tuple[NDArray[np.float64], NDArray[np.float64]]  # along rows, along columns

CANNY_SIGMA = 1.0  # pixels: scikit-image's default
LOW_THRESHOLD, HIGH_THRESHOLD = 0.1, 0.2  # of the Sobel response to ink of 0..1: scikit-image's defaults
ACROSS_IMAGE = (1, 2)  # the axes of one image in an array of images; filters must not mix images


def sobel(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the Sobel gradient magnitude of every image, as ``skimage.filters.sobel`` does one.

    Parameters
    ----------
    images
        Shape (n, height, width), 0..255.

    Returns
    -------
    Shape (n, height, width), 0..1: the root mean square of the two directions.
    """
    import numpy as np
    from scipy.ndimage import correlate1d

    ink = _unit_ink(images)
    energy = np.zeros_like(ink)
    for across, along in (ACROSS_IMAGE, ACROSS_IMAGE[::-1]):
        smoothed = correlate1d(ink, [0.25, 0.5, 0.25], axis=along)
        energy += correlate1d(smoothed, [-1, 0, 1], axis=across) ** 2
    return np.sqrt(energy / 2)


def canny(images: NDArray[np.uint8], sigma: float = CANNY_SIGMA) -> NDArray[np.bool_]:
    """Return the Canny edges of every image, pixel by pixel what ``skimage.feature.canny`` finds.

    Parameters
    ----------
    images
        Shape (n, height, width), 0..255.
    sigma
        Standard deviation, in pixels, of the Gaussian that smooths first.

    Returns
    -------
    Shape (n, height, width), true on an edge. The outermost pixels never are.

    References
    ----------
    Canny (1986), A computational approach to edge detection. scikit-image's thinning interpolates
    between neighbours along the gradient; so does this.
    """
    import numpy as np
    from scipy.ndimage import label

    along_rows, along_columns = _smooth_gradients(images, sigma)
    magnitude = np.sqrt(along_rows**2 + along_columns**2)
    ridges = _ridges(along_rows, along_columns, magnitude)
    # A weak edge counts where it is connected, by sides or corners and within its image, to a strong one.
    touching = np.zeros((3, 3, 3), np.bool_)
    touching[1] = True
    labels, count = label(ridges, touching)
    has_strong = np.zeros(count + 1, np.bool_)
    has_strong[labels[ridges & (magnitude >= HIGH_THRESHOLD)]] = True
    edges: NDArray[np.bool_] = has_strong[labels]
    return edges


def _unit_ink(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    # Not a division: the last bit decides what exceeds a threshold, and scikit-image multiplies.
    import numpy as np

    return np.multiply(images, 1 / 255, dtype=np.float64)


def _smooth_gradients(images: NDArray[np.uint8], sigma: float) -> Gradient:
    """Return the Sobel responses along rows and columns of the smoothed images."""
    import numpy as np
    from scipy.ndimage import correlate1d, gaussian_filter

    smoothed = gaussian_filter(_unit_ink(images), sigma, mode="constant", axes=ACROSS_IMAGE)
    # The part of the Gaussian inside the frame: ink near the border must not appear fainter.
    inside = gaussian_filter(np.ones(images.shape[1:]), sigma, mode="constant")
    smoothed /= inside + np.finfo(np.float64).eps
    slopes = (correlate1d(smoothed, [-1, 0, 1], axis=axis) for axis in ACROSS_IMAGE)
    along_rows, along_columns = slopes
    return correlate1d(along_rows, [1, 2, 1], axis=2), correlate1d(along_columns, [1, 2, 1], axis=1)


def _ridges(
    along_rows: NDArray[np.float64], along_columns: NDArray[np.float64], magnitude: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return where the gradient exceeds the low threshold and is a maximum along its direction.

    The direction lies between two of the eight neighbours, a straight and a diagonal one; the
    magnitude there is interpolated from theirs.
    """
    import numpy as np

    candidate = np.zeros(magnitude.shape, np.bool_)
    # In single precision, as scikit-image stores this threshold.
    candidate[:, 1:-1, 1:-1] = magnitude[:, 1:-1, 1:-1] >= np.float32(LOW_THRESHOLD)
    places = np.flatnonzero(candidate)
    strength, rise, run = magnitude.ravel(), along_rows.ravel()[places], along_columns.ravel()[places]
    row_step = np.where(rise > 0, 1, -1) * magnitude.shape[2]
    column_step = np.where(run > 0, 1, -1)
    straight = np.where(abs(rise) > abs(run), row_step, column_step)
    share = np.minimum(abs(rise), abs(run)) / np.maximum(abs(rise), abs(run))  # of the diagonal neighbour
    is_ridge = np.ones(len(places), np.bool_)
    for side in (1, -1):
        diagonal_strength = strength[places + side * (row_step + column_step)]
        straight_strength = strength[places + side * straight]
        is_ridge &= diagonal_strength * share + straight_strength * (1 - share) <= strength[places]
    candidate.ravel()[places] = is_ridge
    return candidate


class Edges:
    """The pixels, the Sobel magnitude and the Canny edges side by side, each 0..1."""

    def fit(self, images: NDArray[np.uint8]) -> Self:
        return self

    def transform(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        return in_chunks(_pixels_and_edges, images)


def _pixels_and_edges(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    import numpy as np

    views: tuple[NDArray[Any], ...] = (_unit_ink(images), sobel(images), canny(images))
    stacked = np.stack(views, axis=1, dtype=np.float32)
    return stacked.reshape(len(images), math.prod(stacked.shape[1:]))


FEATURES = (
    FeaturePipeline(
        "edges", summary="pixels, Sobel gradient and Canny edges (sigma 1)", build=Edges, requires=("scipy.ndimage",)
    ),
)
