"""Data augmentation: randomly distorted copies of images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from features.chunks import thread_count
from models.networks.training_settings import AUGMENTATION

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixel = TypeVar("Pixel", np.uint8, np.float32)
    Floats = NDArray[np.float32]

PIXELS_AT_ONCE = 100_000  # a block's arrays fit in the processor's cache; another size draws other distortions
MOST_PIXELS = 2**24  # whole numbers up to this one are exact in single precision
EXPLAINED_VARIANCE = 0.999  # of a displacement field; the rest costs many more random numbers


@dataclass(frozen=True)
class Augmentation:
    """How much images are distorted at most: each amount is drawn uniformly from minus to plus its value; 0 is off.

    Parameters
    ----------
    rotation
        Degrees, about the middle of the image.
    scale
        Share of the size: 0.1 draws factors from 0.9 to 1.1, for height and width separately.
    shift
        Pixels, with fractions, along both axes.
    shear
        Degrees that vertical lines are slanted.
    elastic
        Pixels: the root mean square, along each axis, of a smooth random displacement field. It is drawn
        from a normal distribution, so some pixels move further.
    smoothness
        Pixels: the standard deviation of the Gaussian that smooths the displacement field.
    flip
        Probability of a horizontal flip: suitable for clothes, wrong for digits.

    References
    ----------
    Simard, Steinkraus & Platt (2003), Best practices for convolutional neural networks applied to visual
    document analysis, section 2: affine and elastic distortions.
    """

    rotation: float = 0.0
    scale: float = 0.0
    shift: float = 0.0
    shear: float = 0.0
    elastic: float = 0.0
    smoothness: float = 4.0
    flip: float = 0.0

    def __post_init__(self) -> None:
        for name, param in AUGMENTATION.items():
            if fault := param.fault_of(getattr(self, name)):
                raise ValueError(f"{name} {fault}")
        if not 0 < self.smoothness < math.inf:
            raise ValueError(f"smoothness should be above 0 and finite, not {self.smoothness}")

    def changes_anything(self) -> bool:
        """Return whether any amount is above 0."""
        return any(getattr(self, name) for name in AUGMENTATION)


def augmented(images: NDArray[Pixel], augmentation: Augmentation, seed: int) -> NDArray[Pixel]:
    """Return a distorted copy of each image; the distortions depend only on the seed and an image's index.

    All distortions are combined into one map from positions in the copy to positions in the image, sampled once with
    bilinear interpolation. Ink that leaves the frame is lost; what enters is background. The number of threads
    changes nothing, except that on images far above 28×28 the linear algebra library's own threads may
    change the last bit of an elastic displacement.

    Parameters
    ----------
    images
        Shape (n, height, width), 0 the background; n may be 0.
    augmentation
        How much to distort.
    seed
        Not negative.

    Returns
    -------
    Images of the same shape and type; whole numbers are rounded.

    Raises
    ------
    TypeError
        If the images are neither uint8 nor float32.
    ValueError
        If they have too many pixels, or the seed is negative.
    """
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np

    if images.dtype not in (np.uint8, np.float32):
        raise TypeError(f"images must be uint8 or float32, not {images.dtype}")
    if images.size == 0 or not augmentation.changes_anything():
        return images.copy()
    height, width = images.shape[1:]
    if (height + 3) * (width + 3) > MOST_PIXELS:
        raise ValueError(f"images must have fewer than about 4000×4000 pixels, not {height}×{width}")
    step = max(1, PIXELS_AT_ONCE // (height * width))
    fields = tuple(_smooth_modes(length, augmentation.smoothness) for length in (height, width))
    changed = np.empty_like(images, order="C")
    idle: list[_Workspace] = []

    def fill(start: int) -> None:
        workspace = idle.pop() if idle else _Workspace(step, height, width)
        generator = np.random.default_rng([seed, start // step])
        workspace.place(augmentation, generator, fields)
        workspace.read(images[start : start + step], changed[start : start + step])
        idle.append(workspace)

    with ThreadPoolExecutor(thread_count()) as pool:
        list(pool.map(fill, range(0, len(images), step)))  # list() re-raises an exception of a block
    return changed


class _Workspace:
    """Arrays that a thread reuses for one block of images after another: allocating them would take about as much
    time as the arithmetic."""

    def __init__(self, count: int, height: int, width: int) -> None:
        import numpy as np

        # Background around the image represents everything outside the frame: one pixel before it, and
        # two after it, so that a position on the far border has a neighbour too.
        self.framed = np.zeros((count, height + 3, width + 3), np.float32)
        self.rows, self.columns, *self.corners = np.empty((6, count, height, width), np.float32)
        self.index = np.empty((count, height, width), np.intp)

    def place(self, augmentation: Augmentation, generator: np.random.Generator, fields: tuple[Floats, ...]) -> None:
        """Draw the position in the framed image of each pixel of the copy."""
        import numpy as np

        count, height, width = self.rows.shape
        middle = np.array([(height - 1) / 2, (width - 1) / 2])
        matrix, shift = _back(augmentation, generator.uniform(-1, 1, (count, 7)))
        origin = middle + 1 - np.einsum("nij,nj->ni", matrix, middle + shift)
        along_rows = matrix[:, :, 0, None] * np.arange(height) + origin[:, :, None]
        along_columns = matrix[:, :, 1, None] * np.arange(width)
        along_rows, along_columns = along_rows.astype(np.float32), along_columns.astype(np.float32)
        for axis, places in enumerate((self.rows, self.columns)):
            np.add(along_rows[:, axis, :, None], along_columns[:, axis, None, :], out=places)
            if augmentation.elastic:
                down, across = fields
                modes = generator.standard_normal((count, down.shape[1], across.shape[1]), np.float32)
                modes *= augmentation.elastic
                places += np.matmul(down, modes @ across.T, out=self.corners[0])

    def read(self, images: NDArray[Pixel], changed: NDArray[Pixel]) -> None:
        """Sample the images at the positions drawn, into ``changed``; both have shape (n, height, width)."""
        import numpy as np

        count, height, width = images.shape
        self.framed[:count, 1:-2, 1:-2] = images
        rows, columns, index = self.rows[:count], self.columns[:count], self.index[:count]
        a, b, c, d = (corner[:count] for corner in self.corners)
        for places, whole, length in ((rows, a, height), (columns, b, width)):
            np.clip(places, 0, length + 1, out=places)
            np.floor(places, out=whole)
            places -= whole
        line = width + 3
        a *= line
        a += b
        index[...] = a
        index += np.arange(count)[:, None, None] * self.framed[0].size
        flat = self.framed.reshape(-1)
        for corner, offset in ((a, 0), (b, 1), (c, line), (d, line + 1)):
            # The index is never out of range; "clip" avoids the copy that "raise" makes.
            np.take(flat[offset:], index, out=corner, mode="clip")
        for left, right, share in ((a, b, columns), (c, d, columns), (a, c, rows)):
            right -= left
            right *= share
            left += right
        if changed.dtype == np.uint8:
            np.rint(a, out=a)
        np.copyto(changed, a, casting="unsafe")


def _back(augmentation: Augmentation, drawn: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the matrices that map the copies back to the images, and the shifts that come before.

    ``drawn`` has shape (n, 7), from -1 to 1. Vectors are rows, columns, from the middle of the image.
    """
    import numpy as np

    angle, taller, wider, down, right, slant, side = drawn.T
    angle = np.radians(augmentation.rotation) * angle
    slant = np.tan(np.radians(augmentation.shear) * slant)
    taller = 1 + augmentation.scale * taller
    wider = (1 + augmentation.scale * wider) * np.where((side + 1) / 2 < augmentation.flip, -1, 1)
    cos, sin = np.cos(angle), np.sin(angle)
    # An image is scaled, then sheared, rotated and shifted; the inverse undoes the last step first.
    matrix = np.empty((len(drawn), 2, 2))
    matrix[:, 0, 0], matrix[:, 0, 1] = cos / taller, sin / taller
    matrix[:, 1, 0], matrix[:, 1, 1] = (-sin - slant * cos) / wider, (cos - slant * sin) / wider
    return matrix, augmentation.shift * np.stack([down, right], axis=1)


def _smooth_modes(length: int, smoothness: float) -> Floats:
    """Return the modes that smoothed noise along an axis consists of: shape (length, number of modes).

    White noise smoothed by a Gaussian has a covariance that falls off as a Gaussian √2 times as wide.
    Weighting its largest principal components by independent normal numbers gives the same field from
    far fewer numbers (Karhunen–Loève). Rows have length 1, so that the field has variance 1 everywhere.
    """
    import numpy as np

    places = np.arange(length)
    with np.errstate(over="ignore"):
        covariance = np.exp(-(((places[:, None] - places) / (2 * smoothness)) ** 2))
    variances, directions = np.linalg.eigh(covariance)
    number = int(np.searchsorted(np.cumsum(variances[::-1]), EXPLAINED_VARIANCE * length)) + 1
    modes = directions[:, -number:] * np.sqrt(np.maximum(variances[-number:], 0))
    unit: Floats = (modes / np.linalg.norm(modes, axis=1, keepdims=True)).astype(np.float32)
    return unit
