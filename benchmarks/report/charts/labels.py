"""Placement of the names of points, so that they cover neither each other nor the points. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

ROOM = 7.0  # between a point and its name
POINT = 5.0


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: Box) -> float:
        """Return the area that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0.0) * max(height, 0.0)

    @property
    def area(self) -> float:
        return (self.right - self.left) * (self.bottom - self.top)


@dataclass(frozen=True)
class Label:
    """A name's place: its baseline, the SVG text anchor, and whether it needs a line to its point."""

    x: float
    y: float
    anchor: str
    far: bool = False


def place_labels(
    points: Sequence[tuple[float, float]], widths: Sequence[float], height: float, inside: Box
) -> list[Label]:
    """Give each point's name, of a width in pixels, the best free place around it; those of width 0 take none."""
    taken = [Box(x - POINT, y - POINT, x + POINT, y + POINT) for x, y in points]
    labels = [Label(x, y, "start") for x, y in points]
    for i in sorted(range(len(points)), key=lambda i: points[i]):
        if not widths[i]:
            continue
        candidates = list(_candidates(*points[i], widths[i], height))
        costs = [
            sum(box.overlap(other) for other in taken) + 3 * (box.area - box.overlap(inside)) + distance
            for _, box, distance in candidates
        ]
        labels[i], box, _ = candidates[costs.index(min(costs))]
        taken.append(box)
    return labels


def _candidates(x: float, y: float, width: float, height: float) -> Iterator[tuple[Label, Box, float]]:
    """Give places beside, above and below a point, then further and further away, each with what distance costs."""
    for far in range(9):
        for down in (0,) if not far else (-far, far):
            shift = down * height * 0.75
            middle = y + shift
            for anchor, left in (("start", x + ROOM + 2 * far), ("end", x - ROOM - 2 * far - width)):
                box = Box(left, middle - height / 2, left + width, middle + height / 2)
                yield Label(left if anchor == "start" else left + width, middle + 4, anchor, far > 1), box, 6.0 * far
