"""The shape of what may be a digit, in numbers that do not depend on the size of the writing or the pen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEATURES = ("width", "height", "length", "strokes in a row", "strokes in a column")


def shape_of(mask: NDArray[np.bool_], line_height: int, stroke_width: float) -> NDArray[np.float64]:
    """Return ``FEATURES`` of ink of shape (height, width), without paper around it.

    The first three are in heights of the line; length is that of the pen's path. The last two are means over the rows
    and over the columns.
    """
    height, width = mask.shape
    length = mask.sum() / max(stroke_width, 1.0)
    in_rows, in_columns = (np.diff(np.pad(one, ((0, 0), (1, 0))).astype(np.int8)) > 0 for one in (mask, mask.T))
    return np.array(
        [
            width / line_height,
            height / line_height,
            length / line_height,
            in_rows.sum(axis=1).mean(),
            in_columns.sum(axis=1).mean(),
        ]
    )
