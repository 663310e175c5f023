"""Where connected ink may be cut into digits: paths from top to bottom through as little ink as possible.

A path may lean and bend, because the digits of a slanted hand overlap in columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NARROWEST = 0.35  # of the line's height: a narrower piece is one digit
STEP = 0.05  # of the line's height, between the columns that paths are sought around
LEANS = (0.06, 0.2)  # of the line's height, which a path may be away from its column: upright ones, and those that bend
BEND = 0.15  # what a step to the side costs, in pixels of ink
DISTINCT = 0.08  # of the line's height: of closer paths the cheaper one is kept
EDGE = 0.08  # of the line's height, which no path is closer to the ends of a piece
MOST = 7  # paths for each height of the line that a piece is wide


@dataclass(frozen=True)
class Cut:
    """A path through ink: the first column on its right side in each row, and the share of its pixels that are ink."""

    columns: NDArray[np.int64]
    ink: float


def cuts_of(mask: NDArray[np.bool_], line_height: int) -> list[Cut]:
    """Return the cuts of a piece of ink of shape (height, width), from left to right; none for a narrow one."""
    import numpy as np

    width = mask.shape[1]
    if width < NARROWEST * line_height:
        return []
    margin = max(EDGE * line_height, 1)
    n_places = max(int((width - 2 * margin) / max(STEP * line_height, 1)), 1)
    places = np.linspace(margin, width - margin, n_places).round().astype(np.int64)
    reaches = {max(round(lean * line_height), 1) for lean in LEANS}
    cuts = [cut for reach in reaches for cut in _paths(mask, places, reach, line_height)]
    kept: list[Cut] = []
    most = max(round(MOST * width / line_height), 2)
    for cut in sorted(cuts, key=lambda cut: cut.ink):
        middle = cut.columns.mean()
        apart = all(abs(middle - other.columns.mean()) >= DISTINCT * line_height for other in kept)
        if apart and len(kept) < most and margin <= middle <= width - margin:
            kept.append(cut)
    return sorted(kept, key=lambda cut: float(cut.columns.mean()))


def _paths(mask: NDArray[np.bool_], places: NDArray[np.int64], reach: int, line_height: int) -> list[Cut]:
    """Return the cheapest path near each place, by dynamic programming over the rows."""
    import numpy as np

    height, width = mask.shape
    columns = places[:, None] + np.arange(-reach, reach + 1)  # of the band around each place
    outside = (columns < 0) | (columns >= width)
    ink = np.where(outside, 1e6, mask[:, np.clip(columns, 0, width - 1)].astype(np.float64))
    cost: Floats = ink[0].copy()
    came_from = np.zeros((height, *columns.shape), np.int8)
    for row in range(1, height):
        beside = np.pad(cost, ((0, 0), (1, 1)), constant_values=1e9)
        options = np.stack([beside[:, :-2] + BEND, cost, beside[:, 2:] + BEND])
        best = options.argmin(axis=0)
        came_from[row] = best - 1
        cost = np.take_along_axis(options, best[None], axis=0)[0] + ink[row]
    at = cost.argmin(axis=1)
    path = np.empty((height, len(places)), np.int64)
    every = np.arange(len(places))
    for row in range(height - 1, -1, -1):
        path[row] = columns[every, at]
        at = at + came_from[row, every, at]
    path = np.clip(path, 0, width - 1)
    through = mask[np.arange(height)[:, None], path].sum(axis=0) / line_height
    return [Cut(path[:, i], float(through[i])) for i in every]
