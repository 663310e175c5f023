"""Arrays of any shape → images of shape (n, height, width) or (n, height, width, channels)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.common.errors import BenchError

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHANNELS = (1, 3, 4)
MAX_CHANNELS = max(CHANNELS)
STRIP = 8  # ratio of sides from which (height, width) is more likely (pixels, channels)
FEWEST_WITH_CHANNELS = 64  # values per image, of which every fourth may be opacity
SAMPLE = 200  # images, evenly spaced, that show whether pixels have four channels
MORE_COHERENT = 0.5  # share of the difference between neighbouring values from which four channels are likely


def as_image_array(images: NDArray[Any], name: str, shape: tuple[int, ...] | None = None) -> NDArray[Any]:
    """Return the array as (n, height, width) or (n, height, width, channels).

    ``shape`` is that of one image, for rows of pixels; without it they are squares, grey or of three or four
    channels. Raises ``BenchError`` if the array holds no images, or may be read in two ways.
    """
    if not images.size:
        raise BenchError(f"{name}: contains no images")
    if shape:
        return _channels_last(_shaped(images, name, shape), name)
    sides = tuple(side for side in images.shape[1:] if side > 1)
    if images.ndim == 4 and images.shape[3] == 1 and len(sides) < 2:
        sides = images.shape[1:3]
    if len(sides) < 2 or images.ndim == 2:
        return _square(images.reshape(len(images), -1), name)
    return _channels_last(_unfolded(images.reshape(len(images), *sides), name), name)


def images_first(images: NDArray[Any], n_labels: int) -> NDArray[Any]:
    """Return an array whose last axis has the images, as MATLAB's have, with them first: (…, n) as (n, …)."""
    import numpy as np

    return np.moveaxis(images, -1, 0) if _has_images_last(images, n_labels) else images


def _has_images_last(images: NDArray[Any], n_labels: int) -> bool:
    shape = images.shape
    is_last = images.ndim > 1 and shape[0] != n_labels == shape[-1]
    return is_last and (len(shape) != 4 or shape[2] in CHANNELS)


@dataclass
class AxisOrder:
    """Which axis of the arrays of a dataset has the images: a part where it is clear decides for further ones."""

    images_last: bool | None = None

    def n_images(self, images: NDArray[Any]) -> int:
        """Return the number of images of an array that has no labels to say it."""
        return int(images.shape[-1 if self.images_last else 0]) if images.ndim else 0

    def settled(self, images: NDArray[Any], n_labels: int, name: str, shape: tuple[int, ...] | None) -> NDArray[Any]:
        """Return an array with the images first where the first or the last axis may have them; others as they are.

        Raises ``BenchError`` if neither an earlier part nor ``shape`` says which.
        """
        import numpy as np

        if not (images.ndim in (2, 3) and images.shape[0] == images.shape[-1] == n_labels):
            if self.images_last is None:
                self.images_last = _has_images_last(images, n_labels)
            return images
        if self.images_last:
            return np.moveaxis(images, -1, 0)
        if self.images_last is None and not shape:
            raise _either_axis(images.shape, name)
        return images


def _either_axis(sides: tuple[int, ...], name: str) -> BenchError:
    side = math.isqrt(sides[0])
    of_row = f"{side}x{side}" if side * side == sides[0] else "HEIGHTxWIDTH"
    one = of_row if len(sides) == 2 else "x".join(map(str, sides[1:]))
    return BenchError(
        f"{name} has shape {sides}, of which the first or the last axis may be the images; give --shape {one} if it "
        "is the first, else move the last axis to the front"
    )


def _shaped(images: NDArray[Any], name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    n_pixels = images.size // len(images)
    if n_pixels != math.prod(shape):
        wanted = "x".join(map(str, shape))
        raise BenchError(f"{name}: {n_pixels} pixels per image, but --shape {wanted} has {math.prod(shape)}")
    return images.reshape(len(images), *shape)


def _square(flat: NDArray[Any], name: str) -> NDArray[Any]:
    """Return rows of pixels as squares."""
    n_pixels = flat.shape[1]
    side = math.isqrt(n_pixels)
    if side * side != n_pixels:
        colour = math.isqrt(n_pixels // 3)
        planes, mixed = f"3x{colour}x{colour}", f"{colour}x{colour}x3"
        in_colour = f"{planes} for three planes of colour, as CIFAR has them, or {mixed} for the colours of each pixel"
        guess = in_colour if 3 * colour * colour == n_pixels else "HEIGHTxWIDTH"
        raise BenchError(
            f"{name}: {n_pixels} pixels per image, which is not a square; give --shape {guess}, "
            "or remove columns that are no pixels"
        )
    if n_pixels % 4 == 0 and n_pixels >= FEWEST_WITH_CHANNELS:
        half = side // 2
        if _has_opaque_channel(flat) or (
            _channels_are_alike(flat, (0, 1, 2)) and not _channels_are_alike(flat, (0, 3))
        ):
            return flat.reshape(len(flat), half, half, 4)
        if _channels_are_alike(flat, (0, 1, 2)) or _has_four_channels(flat):
            raise BenchError(
                f"{name}: {n_pixels} pixels per image may be {side}x{side} in grey or {half}x{half} with four "
                f"channels; give --shape {side}x{side} or --shape {half}x{half}x4"
            )
    return flat.reshape(len(flat), side, side)


def _has_opaque_channel(flat: NDArray[Any]) -> bool:
    """Return whether every fourth value is the largest one, as alpha is in an opaque image, and others are not."""
    alpha = flat[:, 3::4]
    return bool(alpha.min() == alpha.max() == flat.max() > flat.min()) and bool(flat[:, 0::4].min() < alpha.min())


def _channels_are_alike(flat: NDArray[Any], channels: tuple[int, ...]) -> bool:
    """Return whether these of every four values are equal in images that are not uniform, as in grey ones in colour."""
    first = flat[:, channels[0] :: 4]
    alike = all((first == flat[:, channel::4]).all() for channel in channels[1:])
    return alike and bool((first[:, 1:] != first[:, :-1]).any())


def _has_four_channels(flat: NDArray[Any]) -> bool:
    """Return whether values resemble those four places before much more than those beside them."""
    import numpy as np

    some = flat[:: -(-len(flat) // SAMPLE)].astype(np.float64)
    near, far = (float(np.abs(some[:, lag:] - some[:, :-lag]).mean()) for lag in (1, 4))
    return far < MORE_COHERENT * near


def _unfolded(images: NDArray[Any], name: str) -> NDArray[Any]:
    """Return (n, pixels, channels) and (n, channels, pixels) with a height and a width."""
    if images.ndim != 3:
        return images
    height, width = images.shape[1:]
    if max(height, width) < STRIP * min(height, width) or min(height, width) > MAX_CHANNELS:
        return images
    side = math.isqrt(max(height, width))
    if side * side != max(height, width) or min(height, width) not in CHANNELS:
        raise BenchError(f"{name}: images of {height} × {width} are strips; give the --shape of one image")
    channels_last = width <= MAX_CHANNELS
    return images.reshape(len(images), *((side, side, width) if channels_last else (height, side, side)))


def _channels_last(images: NDArray[Any], name: str) -> NDArray[Any]:
    import numpy as np

    if images.ndim == 4 and images.shape[3] not in CHANNELS and images.shape[1] in CHANNELS:
        images = np.moveaxis(images, 1, 3)
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] not in CHANNELS):
        raise BenchError(
            f"{name}: images have shape {images.shape}; expected (n, height, width), with or without channels, "
            "or (n, pixels)"
        )
    return images
