"""Deskewing, and the interpolation that it shares with the orientation maps."""

from __future__ import annotations

from benchmarks.export.graph import Graph
from features.deskew import LEAST_VARIANCE, STEEPEST


def deskew(graph: Graph, images: str, shape: tuple[int, int]) -> str:
    """Write ``features.deskew.deskew``: uint8 images of shape (n, height, width) to the same."""
    import numpy as np

    height, width = shape
    slant, row_centre = slants(graph, images, shape)
    above = graph.add("Sub", graph.constant(np.arange(height)[None], "float64"), row_centre)
    shift = graph.add("Unsqueeze", graph.add("Mul", slant, above), graph.constant([2], "int64"))
    places = graph.add("Add", shift, graph.constant(np.arange(width)[None, None], "float64"))
    return graph.cast(graph.add("Round", interpolate(graph, graph.cast(images, "float32"), places, width)), "uint8")


def slants(graph: Graph, images: str, shape: tuple[int, int]) -> tuple[str, str]:
    """Write ``features.deskew.slants``, in double precision: the slant, and the row of the centre, of shape (n, 1)."""
    import numpy as np

    height, width = shape
    ink = graph.cast(images, "float64")
    by_row = graph.sum(ink, 2)
    mass = graph.add("Max", graph.sum(by_row, 1, keep=True), graph.constant(1, "float64"))
    rows = graph.constant(np.arange(height)[None], "float64")
    row_centre = graph.add("Div", graph.sum(graph.add("Mul", by_row, rows), 1, keep=True), mass)
    above = graph.add("Sub", rows, row_centre)
    squares = graph.add("Mul", graph.add("Mul", by_row, above), above)
    variance = graph.add("Div", graph.sum(squares, 1, keep=True), mass)
    columns = graph.constant(np.arange(width) - (width - 1) / 2, "float64")
    moments = graph.add("Mul", graph.add("MatMul", ink, columns), above)
    covariance = graph.add("Div", graph.sum(moments, 1, keep=True), mass)
    enough = graph.add("Greater", variance, graph.constant(LEAST_VARIANCE, "float64"))
    divisor = graph.add("Where", enough, variance, graph.constant(1, "float64"))
    slant = graph.add("Where", enough, graph.add("Div", covariance, divisor), graph.constant(0, "float64"))
    bounds = [graph.constant(bound, "float64") for bound in (-STEEPEST, STEEPEST)]
    return graph.add("Clip", slant, *bounds), row_centre


def interpolate(graph: Graph, lines: str, places: str, length: int) -> str:
    """Write ``features.deskew.interpolate``: float32 lines of shape (n, lines, length) at (n, lines, m) places."""
    place = graph.cast(places, "float32")
    left = graph.add("Floor", place)
    share = graph.add("Sub", place, left)
    framed = graph.add("Pad", lines, graph.constant([0, 0, 1, 0, 0, 1], "int64"))
    at_left = graph.add("Mul", _at(graph, framed, left, 1, length), graph.add("Sub", graph.constant(1), share))
    at_right = graph.add("Mul", _at(graph, framed, left, 2, length), share)
    return graph.add("Add", at_left, at_right)


def _at(graph: Graph, framed: str, left: str, offset: int, length: int) -> str:
    moved = graph.add("Add", left, graph.constant(offset))
    inside = graph.add("Clip", moved, graph.constant(0), graph.constant(length + 1))
    return graph.add("GatherElements", framed, graph.cast(inside, "int64"), axis=2)
