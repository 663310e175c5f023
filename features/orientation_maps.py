"""Pooled orientation maps: the strength of edges by direction on a coarse grid."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Self

from features.chunks import in_chunks, spread
from features.deskew import interpolate, slants
from features.shift import Shift
from features.spec import FeaturePipeline

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Every choice below was made on the validation split of MNIST. Lengths are pixels of the frame.
FRAME = 28  # rows and columns of the standardised image, for originals of any size
ORIENTATIONS = 12  # signed: from dark to light is another direction than from light to dark
GRID, GRID_STEP, BLUR = 9, 3, 1.6
FLOOR = 0.3  # of the mean energy: a cell with weak edges stays weak

PEN = 128  # larger values are clipped, so that thin and thick strokes have similar weight
USUAL_HEIGHT, USUAL_WIDTH = 5.9, 3.9  # spread (standard deviation) of the ink along rows and columns
HEIGHT_EXPONENT, WIDTH_EXPONENT = 0.5, 0.7  # how much of a deviation from them is corrected; 1 is all of it
NARROWEST, WIDEST = 0.6, 1.7  # a "1" must not become as wide as a "0"


def orientation_maps(images: NDArray[np.uint8], shift: Shift = (0, 0)) -> NDArray[np.float32]:
    """Compute the orientations of the edges of every image on a coarse grid.

    Each image is standardised in position, slant and size. The gradient at each pixel is split between
    the two nearest orientations, which gives a map for each orientation. The maps are blurred
    and sampled on the grid. In each cell the orientations are divided by their common energy,
    and the square root is taken.

    Parameters
    ----------
    images
        Shape (n, height, width), 0..255; n may be 0.
    shift
        Rows and columns by which to shift the standardised image. Shifting the original would change
        nothing, so this is how a model gets shifted copies to train on.

    Returns
    -------
    Shape (n, ORIENTATIONS * GRID * GRID), 0..1, in the order orientation, row, column.

    References
    ----------
    Lowe (2004), Distinctive image features from scale-invariant keypoints (SIFT): sharing, pooling.
    Liu, Nakashima, Sako & Fujisawa (2003), Handwritten digit recognition: benchmarking of
    state-of-the-art techniques: size by moments, directions of the gradient, power of the features.
    Tola, Lepetit & Fua (2010), DAISY: blurred orientation maps sampled on a grid.
    """
    return in_chunks(partial(_describe, shift=shift), images)


def _describe(images: NDArray[np.uint8], shift: Shift) -> NDArray[np.float32]:
    weights = _pooling_weights()
    pooled = weights @ _orientation_maps(standardise(images, shift)) @ weights.T
    return _normalised(pooled).reshape(len(images), ORIENTATIONS * GRID * GRID)


def standardise(images: NDArray[np.uint8], shift: Shift = (0, 0)) -> NDArray[np.float32]:
    """Deskew each image, centre it in a frame, and scale it towards the usual size.

    Parameters
    ----------
    images
        Shape (n, height, width), 0 the background.
    shift
        Rows and columns of the frame by which to shift it from the centre.

    Returns
    -------
    Shape (n, FRAME, FRAME), on the scale of ``images``. Blank images stay blank.
    """
    import numpy as np

    _, height, width = images.shape
    ink = np.minimum(images, PEN)
    slant, _ = slants(ink)
    row_centre, row_spread = _centre_and_spread(ink.sum(axis=2, dtype=np.float64))
    column_centre, column_spread = _centre_and_spread(ink.sum(axis=1, dtype=np.float64))
    upright_spread = np.sqrt(np.maximum(column_spread**2 - (slant * row_spread) ** 2, 0))
    row_scale = height / FRAME * _stretch(row_spread * FRAME / height / USUAL_HEIGHT, HEIGHT_EXPONENT)
    column_scale = width / FRAME * _stretch(upright_spread * FRAME / width / USUAL_WIDTH, WIDTH_EXPONENT)

    from_middle = np.arange(FRAME) - (FRAME - 1) / 2
    rows = row_scale[:, None] * (from_middle - shift[0])
    middle_of_row = column_centre[:, None] + slant[:, None] * rows
    columns = middle_of_row[:, :, None] + column_scale[:, None, None] * (from_middle - shift[1])
    at_rows = interpolate(images.swapaxes(1, 2), (row_centre[:, None] + rows)[:, None, :]).swapaxes(1, 2)
    return interpolate(at_rows, columns)


def _centre_and_spread(profile: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation of the position, weighted by ``profile``, of shape (n, positions)."""
    import numpy as np

    places = np.arange(profile.shape[1])
    mass = np.maximum(profile.sum(axis=1), 1)
    centre = (profile * places).sum(axis=1) / mass
    variance = (profile * (places - centre[:, None]) ** 2).sum(axis=1) / mass
    return centre, np.sqrt(variance)


def _stretch(relative_spread: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    import numpy as np

    stretch: NDArray[np.float64] = np.clip(relative_spread**exponent, NARROWEST, WIDEST)
    return stretch


def _orientation_maps(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Split the gradient of each pixel between orientations: shape (n, ORIENTATIONS, rows, columns)."""
    import numpy as np

    along_rows, along_columns = np.gradient(ink, axis=(1, 2))
    strength = np.sqrt(along_rows**2 + along_columns**2)
    # In units of the step between orientations, so that the weights are 1 - distance.
    angle = np.arctan2(along_rows, along_columns) * np.float32(ORIENTATIONS / (2 * np.pi))
    maps = np.empty((len(ink), ORIENTATIONS, *ink.shape[1:]), np.float32)
    for place, orientation in enumerate(range(-(ORIENTATIONS // 2), ORIENTATIONS - ORIENTATIONS // 2)):
        distance = abs(angle - orientation)
        distance = np.minimum(distance, ORIENTATIONS - distance)
        maps[:, place] = strength * np.maximum(1 - distance, 0)
    return maps


def _pooling_weights() -> NDArray[np.float32]:
    """Return the Gaussian around each line of the grid: shape (GRID, FRAME).

    ``weights @ map @ weights.T`` blurs a map and samples it on the grid in one step.
    """
    import numpy as np

    lines = (FRAME - 1) / 2 + GRID_STEP * (np.arange(GRID) - (GRID - 1) / 2)
    distance = np.arange(FRAME) - lines[:, None]
    weights: NDArray[np.float32] = np.exp(-(distance**2) / (2 * BLUR**2)).astype(np.float32)
    return weights


def _normalised(pooled: NDArray[np.floating]) -> NDArray[np.float32]:
    """Divide the orientations in each cell by their common energy, and take square roots."""
    import numpy as np

    energy = np.sqrt((pooled**2).sum(axis=1, keepdims=True))
    floor = FLOOR * energy.mean(axis=(2, 3), keepdims=True)
    normalised: NDArray[np.float32] = np.sqrt(pooled / np.maximum(energy + floor, np.finfo(np.float32).tiny))
    return normalised


class OrientationMaps:
    """Pooled orientation maps, scaled so that the training images have a mean length of one.

    With this scale a kernel's width, gamma, has the same meaning for all datasets.
    """

    FIT_ON = 10_000  # images; the mean length of more is the same to three digits

    def fit(self, images: NDArray[np.uint8]) -> Self:
        import numpy as np

        lengths = np.linalg.norm(orientation_maps(spread(images, self.FIT_ON)), axis=1)
        self.scale_ = 1 / lengths.mean() if lengths.any() else 1.0
        return self

    def transform(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self.transform_shifted(images, (0, 0))

    def transform_shifted(self, images: NDArray[np.uint8], shift: Shift) -> NDArray[np.float32]:
        """Return the features of the standardised images shifted by ``shift``."""
        import numpy as np

        return orientation_maps(images, shift) * np.float32(self.scale_)


FEATURES = (
    FeaturePipeline(
        "orientation-maps",
        summary=f"{ORIENTATIONS} signed orientations on a {GRID}x{GRID} grid, of the deskewed and scaled image",
        build=OrientationMaps,
    ),
)
