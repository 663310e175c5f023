"""Values of arrays as pixels of 8 bits: bytes, fractions, or values of a range that is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.common.errors import BenchError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# the largest pixels of images that are not of 8 bits: of 1, of 4, and scikit-learn's digits
SMALL_RANGES = (1, 15, 16)
MOST = 255
OVERSHOOT = 0.25  # of fractions: what cubic and Lanczos interpolation add at edges
MOST_UNCERTAIN = 32  # largest pixel up to which broken numbers are hardly of 0 to 255
Range = tuple[float, float]


def range_words(pixel_range: Sequence[float]) -> str:
    """Return a range of pixels as it is written on the command line."""
    return "..".join(f"{value:g}" for value in pixel_range)


def expected(pixel_range: Range | None) -> str:
    """Return which values there may be, for messages."""
    if pixel_range:
        return f"{range_words(pixel_range)}, as --pixel-range says"
    return "0 to 255, or 0 to 1; give --pixel-range LOW..HIGH for others"


def as_uint8_pixels(values: NDArray[Any], name: str, pixel_range: Range | None = None) -> NDArray[np.uint8]:
    """Return values in 0..255, fractions, or values in ``pixel_range``, as bytes; raises ``BenchError``."""
    import numpy as np

    if values.dtype == np.uint8 and not pixel_range:
        return values
    if values.dtype.kind not in "biuf":
        raise BenchError(f"{name}: pixels have dtype {values.dtype}; expected numbers from 0 to 255")
    lowest, highest = float(values.min()), float(values.max())
    if math.isnan(lowest):
        n = int(np.isnan(values.reshape(len(values), -1)).any(axis=1).sum())
        raise BenchError(f"{name}: {n:,} images have pixels that are NaN, no numbers; replace these or remove them")
    low, high = pixel_range or (0, 1 if are_fractions(values) else MOST)
    if not pixel_range and high == 1:
        values = np.clip(values.astype(np.float64), 0, 1)
    elif not low <= lowest <= highest <= high:
        raise BenchError(f"{name}: pixels range from {lowest:g} to {highest:g}; expected {expected(pixel_range)}")
    elif not pixel_range and highest <= MOST_UNCERTAIN and (values != np.rint(values)).any():
        raise BenchError(
            f"{name}: pixels are broken numbers, and none is above {highest:g}; give --pixel-range 0..{highest:g} if "
            "that is full, else 0..255"
        )
    return np.asarray(np.rint((values.astype(np.float64) - low) * (MOST / (high - low))), np.uint8)


def as_given_pixels(values: NDArray[Any], name: str, pixel_range: Range | None = None) -> NDArray[np.uint8]:
    """Return pixels that are given at once as bytes, so that any way to write an image gives the same.

    They are fractions of 0 to 1, which integers of 0 and 1 are too, in ``pixel_range``, or else of 0 to 255. Raises
    ``BenchError`` if they may be two of these, as integers of which none is above 16.
    """
    lowest, highest = (float(values.min()), float(values.max())) if values.dtype.kind in "biuf" else (0.0, 0.0)
    low, high = pixel_range or (0, MOST)
    is_in_range = low <= lowest and highest <= high
    other = "0 to 1" if low < 0 and highest <= 1 else "0 to 255"
    may_be_other = low < 0 or (high > MOST and 1 < highest <= MOST)
    if pixel_range and is_in_range and may_be_other and lowest >= 0:
        certain = "0 to 1" if low >= 0 else "0 to 255" if high < MOST else range_words((low, 0))
        raise BenchError(
            f"{name}: values from {lowest:g} to {highest:g} may be of {other} or of {range_words(pixel_range)}, as the "
            f"training images are; give some of {certain}"
        )
    if pixel_range and is_in_range and high < 1:
        return as_uint8_pixels(values, name, pixel_range)
    if are_fractions(values) or (lowest >= 0 and highest == 1):
        return as_uint8_pixels(values.astype(float), name)
    if pixel_range and is_in_range:
        return as_uint8_pixels(values, name, pixel_range)
    if not pixel_range and 1 < highest <= max(SMALL_RANGES):
        raise BenchError(f"{name}: no value is above {highest:g}; give values of 0 to 255, or of 0 to 1")
    return as_uint8_pixels(values, name)


def are_fractions(values: NDArray[Any]) -> bool:
    """Return whether values are of 0 to 1, which integers are not; or a little outside, as interpolation makes them."""
    if values.dtype.kind != "f":
        return values.dtype.kind == "b"
    return float(values.min()) >= -OVERSHOOT and float(values.max()) <= 1 + OVERSHOOT
