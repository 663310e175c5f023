"""Strokes of one strength and width: thin pens on large sheets, and scans or photographs in uneven light."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.datasets.spec import SIDE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

LARGEST_SIDE = 600  # pixels; larger images are averaged down to about this first
WIDEST = 0.35  # of the shorter side: what is wider is no stroke, but a shadow on the paper
PAPER_PERCENTILE = 25  # of the brightness above the paper: most of an image may be ink
TEXTURE = 1.4  # its standard deviation over the root mean square of what is below that percentile
SMALL, LARGE = 32, 128  # pixels: in a small image a stroke may be one pixel; in a large one it is several
STRONGEST = 0.0005  # share of the pixels whose mean strength is that of full ink
THRESHOLD, NOISE = 0.35, 4.0  # of full ink, and in standard deviations of the paper's texture
FEWEST_NEIGHBOURS = 3  # of the nine pixels about one of ink: fewer are a speck
SMALLEST_PART = 0.01  # of all ink; smaller parts are specks
PEN = 2.0  # pixels of an image of 28×28: the width that thinner strokes are brought to
FAINT = 64  # of 255
LINE = 0.7  # share of a row or column that a straight line covers
STROKES = 0.99  # of an image's pixels; strokes cover more than the rest
AT_ONCE = 1_000  # images


def n_faint(images: NDArray[np.uint8]) -> int:
    """Return in how many images, which are not blank, strokes are fainter than a quarter of the range.

    Straight lines along the sides, as a scan may have, are no strokes.
    """
    import numpy as np

    count = 0
    for start in range(0, len(images), AT_ONCE):
        some = images[start : start + AT_ONCE].astype(np.int16)
        paper = np.median(some, axis=(1, 2), keepdims=True)
        contrast = np.where(_lines_along_sides(abs(some - paper) >= FAINT), 0, abs(some - paper)).reshape(len(some), -1)
        last = contrast.shape[1] - 1
        strokes, strongest = np.partition(contrast, (int(last * STROKES), last), axis=1)[
            :, (int(last * STROKES), last)
        ].T
        count += int(((strokes < FAINT) & (strongest > 0)).sum())
    return count


def _lines_along_sides(strong: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which pixels are of rows and columns near a side that are nearly all strong: shape (n, height, width)."""

    _, height, width = strong.shape
    by_row, by_column = (strong.mean(axis=axis, keepdims=True) >= LINE for axis in (2, 1))
    by_row[:, height // 4 : height - height // 4] = False
    by_column[:, :, width // 4 : width - width // 4] = False
    lines: NDArray[np.bool_] = by_row | by_column
    return lines


def even_strokes(grey: NDArray[np.uint8], fitted_side: float, frame_side: int) -> NDArray[np.uint8] | None:
    """Return the ink of a light-on-dark image at full strength on 0, cropped; None without any.

    The paper's brightness is removed where it differs from place to place, and specks are. Strokes that would become
    thin when the longer side is scaled to ``fitted_side`` pixels, in an image of ``frame_side``, are thickened.
    """
    import numpy as np
    from scipy.ndimage import maximum_filter

    above = above_paper(averaged(grey, block_side(grey.shape, LARGEST_SIDE)))
    strength = above / full_ink(above)
    ink = ink_mask(strength)
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return None
    around = np.where(maximum_filter(ink, 3), strength, 0)
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    pixels_per_pixel = max(around[box].shape) / fitted_side
    lacking = round(PEN * frame_side / SIDE * pixels_per_pixel - stroke_width(ink[box]))
    cropped = np.pad(around[box], max(lacking, 0) // 2 + 1)
    if lacking > 0:
        cropped = maximum_filter(cropped, lacking + 1)
    return np.asarray(np.rint(np.minimum(cropped, 1) * 255), np.uint8)


def block_side(shape: tuple[int, ...], largest_side: int) -> int:
    """Return the side of the blocks that ``averaged`` needs for a longer side of about ``largest_side`` pixels."""
    return max(1, round(max(shape) / largest_side))


def averaged(grey: NDArray[np.uint8], step: int) -> Floats:
    """Return an image with its blocks of ``step`` × ``step`` pixels averaged; what is left over at the end is cut."""
    import numpy as np

    height, width = (max(1, length // step) for length in grey.shape)
    step_down, step_right = min(step, grey.shape[0]), min(step, grey.shape[1])
    blocks = grey[: height * step_down, : width * step_right].reshape(height, step_down, width, step_right)
    means: Floats = blocks.mean(axis=(1, 3), dtype=np.float32)
    return means


def above_paper(grey: Floats) -> Floats:
    """Return how far each pixel is above the paper at its place; 0 is the middle of the paper's texture."""
    import numpy as np
    from scipy.ndimage import grey_opening, uniform_filter

    smooth = uniform_filter(grey, 3) if min(grey.shape) >= LARGE else grey  # in a small image that would close a loop
    paper = grey_opening(smooth, max(3, round(min(grey.shape) * WIDEST)))
    above: Floats = grey - paper
    above -= np.percentile(above, PAPER_PERCENTILE)
    return above


def full_ink(above: Floats) -> float:
    """Return how far full ink is above the paper, in grey levels; at least 1."""
    import numpy as np

    strongest = np.sort(above, axis=None)[-max(4, int(above.size * STRONGEST)) :]
    return max(float(strongest.mean()), 1.0)


def ink_mask(strength: Floats, smallest_part: float = SMALLEST_PART) -> NDArray[np.bool_]:
    """Return which pixels are strokes, where 1 is full ink; parts with a smaller share of all ink are left out."""
    import numpy as np
    from scipy.ndimage import label, uniform_filter

    below = strength[strength < 0]
    texture = TEXTURE * float(np.sqrt(np.mean(below**2))) if below.size else 0.0
    ink = strength >= max(THRESHOLD, min(NOISE * texture, 0.9))
    if min(ink.shape) >= SMALL:
        ink &= uniform_filter(ink.astype(np.float32), 3, mode="constant") * 9 > FEWEST_NEIGHBOURS - 0.5
    parts, _ = label(ink, np.ones((3, 3)))
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    kept: NDArray[np.bool_] = (sizes >= smallest_part * sizes.sum())[parts] & ink
    return kept


def stroke_width(ink: NDArray[np.bool_]) -> float:
    """Return about how wide strokes are, in pixels: twice their area over the length of their outline."""
    import numpy as np

    framed = np.pad(ink, 1)
    outline = int((framed[1:] != framed[:-1]).sum() + (framed[:, 1:] != framed[:, :-1]).sum())
    return 2 * int(ink.sum()) / max(outline, 1)
