"""The lines of ruled and squared paper are removed from a picture's ink."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

SMALLEST_SIDE = 64  # pixels; in a smaller picture a stroke is as thin as a line
RUN = 0.04  # of the width or height: a line that is not quite level consists of runs as long as this
SPAN = 0.75  # of the width or height, which a line runs through at least; bars of digits side by side do not
THIN_SPAN = 0.25  # of the width or height, where nothing but the line is
APART = 0.2  # of the width or height, between parts of one line, where strokes run along it
THICKEST = 0.03  # of the shorter side; what is thicker is a stroke
LONGER = 1.3  # times the height of what else is drawn: a bar or an upright stroke of a digit is not


def without_lines(mask: Mask) -> Mask:
    """Return ink, of shape (height, width), without lines of the paper; strokes that cross them stay whole."""
    if min(mask.shape) < SMALLEST_SIDE:
        return mask
    upright = _without_level_lines(mask)
    return _without_level_lines(upright.T).T


def _without_level_lines(mask: Mask) -> Mask:

    lines = _level_lines(mask, max(int(THICKEST * min(mask.shape)), 2))
    rest = mask & ~lines
    if not lines.any() or not rest.any():
        return mask
    if SPAN * mask.shape[1] < LONGER * _tallest(rest):
        return mask
    return rest | _crossed(lines, rest)


def _level_lines(mask: Mask, thickest: int) -> Mask:
    """Return the pixels of thin lines from left to right that may be tilted a little or have gaps."""
    import numpy as np
    from scipy.ndimage import binary_closing, binary_dilation, binary_opening, find_objects, label

    run = np.ones((1, max(int(RUN * mask.shape[1]), 8)), bool)
    closed = binary_closing(np.pad(mask, ((0, 0), (run.size, run.size))), np.ones((1, run.size // 2)))
    runs = binary_opening(closed[:, run.size : -run.size], run)
    thin = runs & ~binary_opening(runs, np.ones((thickest + 1, 1), bool))
    # the runs of a tilted line overlap, one pixel above the other
    near = binary_dilation(thin, np.ones((5, int(APART * mask.shape[1]))))
    numbered, _ = label(near, np.ones((3, 3)))
    lines = np.zeros_like(mask)
    for number, place in enumerate(find_objects(numbered), start=1):
        own = numbered[place] == number
        alone = own & thin[place]
        spans = ((own & runs[place]).any(axis=0).sum(), alone.any(axis=0).sum())
        if spans[0] >= SPAN * mask.shape[1] and spans[1] >= THIN_SPAN * mask.shape[1]:
            lines[place] |= alone
    return lines & mask


def _tallest(mask: Mask) -> int:
    from scipy.ndimage import find_objects, label

    numbered, _ = label(mask, [[1, 1, 1]] * 3)
    return max(int(rows.stop - rows.start) for rows, _ in find_objects(numbered))


def _crossed(lines: Mask, rest: Mask) -> Mask:
    """Return the pixels of lines that have ink above and below: strokes run through there."""
    import numpy as np
    from scipy.ndimage import binary_dilation

    reach = int(lines.sum(axis=0).max()) + 1 if lines.any() else 1
    reach = min(reach, max(int(THICKEST * min(lines.shape)), 2) + 2)
    above = binary_dilation(rest, _upwards(reach)) & lines
    below = binary_dilation(rest, _upwards(reach)[::-1]) & lines
    found: Mask = np.asarray(above & below)
    return found


def _upwards(reach: int) -> Mask:
    """Return the pixels up to ``reach`` below, and beside, the middle one: dilated by them ink grows downwards."""
    import numpy as np

    shape = np.zeros((2 * reach + 1, 3), bool)
    shape[reach:, :] = True
    return shape
