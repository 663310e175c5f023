"""The ink of a picture: what is left without paper, uneven light, and the lines of ruled or squared paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.datasets.preprocessing.polarity import is_dark_on_light, to_grayscale
from benchmarks.datasets.preprocessing.strokes import above_paper, averaged, block_side, full_ink, ink_mask
from benchmarks.datasets.preprocessing.transparency import has_dark_ink, on_paper
from benchmarks.inference.reading.paper_lines import without_lines

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LARGEST_SIDE = 1200  # pixels; of ten digits side by side each is still a hundred wide
FAINTEST = 20  # grey levels: less contrast is the grain of blank paper
SMALLEST_PART = 0.0005  # of all ink; a dot of one of many digits is more


@dataclass(frozen=True)
class Ink:
    """The ink of a picture of ``shape``, which was averaged in blocks of ``step`` pixels to (height, width).

    ``mask``: which pixels are strokes. ``strength``: 0 the paper, 255 full ink, with the soft edge of strokes.
    """

    mask: NDArray[np.bool_]
    strength: NDArray[np.uint8]
    step: int
    shape: tuple[int, ...]


def ink_of(picture: NDArray[np.uint8], dark_on_light: bool | None = None) -> Ink:
    """Return the ink of a picture of shape (height, width), or with 3 colours last, or 4 with opacity.

    Without ``dark_on_light`` its border and its strokes decide.
    """
    import numpy as np
    from scipy.ndimage import maximum_filter

    grey = to_grayscale(on_paper(picture, 0 if has_dark_ink(picture) is False else 255))
    if is_dark_on_light(grey) if dark_on_light is None else dark_on_light:
        grey = 255 - grey
    step = block_side(grey.shape, LARGEST_SIDE)
    above = above_paper(averaged(grey, step))
    full = full_ink(above)
    if full < FAINTEST:
        return Ink(np.zeros(above.shape, bool), np.zeros(above.shape, np.uint8), step, grey.shape)
    strength = above / full
    mask = without_lines(ink_mask(strength, SMALLEST_PART))
    kept = np.where(maximum_filter(mask, 3), np.clip(strength, 0, 1), 0)
    return Ink(mask, np.rint(kept * 255).astype(np.uint8), step, grey.shape)
