"""Histograms of oriented gradients."""

from __future__ import annotations

from benchmarks.export.graph import Graph
from benchmarks.export.pipelines.deskewing import deskew
from features.hog import EPSILON, HOG, HYSTERESIS_CEILING

ORIENTATIONS = 9  # the default of features.hog.hog_batch, with blocks of two by two cells


def hog(graph: Graph, transformer: HOG, images: str, shape: tuple[int, int]) -> str:
    """Write the histograms of every cell size, side by side: shape (n, n_features)."""
    height, width = shape
    shown = deskew(graph, images, shape) if transformer.deskewed else images
    votes = _votes(graph, shown, shape)
    parts = []
    for size in transformer.cell_sizes:
        cell = min(size, height // 2), min(size, width // 2)
        parts.append(_normalised_blocks(graph, _cells(graph, votes, shape, cell), shape, cell))
    return graph.add("Concat", *parts, axis=1)


def _votes(graph: Graph, images: str, shape: tuple[int, int]) -> str:
    """Write the strength of the gradient, in the channel of its orientation: shape (n, ORIENTATIONS, height, width)."""
    import numpy as np

    height, width = shape
    ink = graph.add("Unsqueeze", graph.cast(images, "float32"), graph.constant([1], "int64"))
    along_rows = _central_difference(graph, ink, 2, height)
    along_columns = _central_difference(graph, ink, 3, width)
    zero = graph.constant(0)
    upwards = graph.add("Less", along_rows, zero)
    leftwards = graph.add("And", graph.add("Equal", along_rows, zero), graph.add("Less", along_columns, zero))
    turned = graph.add("Or", upwards, leftwards)
    sign = graph.add("Where", turned, graph.constant(-1), graph.constant(1))
    # The angle is at least an edge where the sine of their difference is not negative. Gradients are whole numbers
    # and the tangents of the edges irrational, so that none is on an edge and single precision decides as the angle.
    edges = np.deg2rad(180 / ORIENTATIONS * np.arange(1, ORIENTATIONS)).reshape(1, -1, 1, 1)
    rise = graph.add("Mul", graph.add("Mul", along_rows, sign), graph.constant(np.cos(edges)))
    run = graph.add("Mul", graph.add("Mul", along_columns, sign), graph.constant(np.sin(edges)))
    passed = graph.cast(graph.add("GreaterOrEqual", rise, run), "float32")
    orientation = graph.sum(passed, 1, keep=True)
    channels = graph.constant(np.arange(ORIENTATIONS).reshape(1, -1, 1, 1))
    chosen = graph.cast(graph.add("Equal", orientation, channels), "float32")
    energy = graph.add("Add", graph.add("Mul", along_rows, along_rows), graph.add("Mul", along_columns, along_columns))
    return graph.add("Mul", chosen, graph.add("Sqrt", energy))


def _central_difference(graph: Graph, ink: str, axis: int, length: int) -> str:
    difference = graph.add("Sub", graph.slice(ink, axis, 2, length), graph.slice(ink, axis, 0, length - 2))
    pads = [int(at % 4 == axis) for at in range(8)]
    return graph.add("Pad", difference, graph.constant(pads, "int64"))


def _cells(graph: Graph, votes: str, shape: tuple[int, int], cell: tuple[int, int]) -> str:
    """Write the mean of each cell: shape (n, cell rows, cell columns, ORIENTATIONS)."""
    rows, columns = shape[0] // cell[0], shape[1] // cell[1]
    inside = graph.slice(graph.slice(votes, 2, 0, rows * cell[0]), 3, 0, columns * cell[1])
    split = graph.reshape(inside, -1, ORIENTATIONS, rows, cell[0], columns, cell[1])
    means = graph.add("Div", graph.sum(split, 3, 5), graph.constant(cell[0] * cell[1]))
    return graph.add("Transpose", means, perm=[0, 2, 3, 1])


def _normalised_blocks(graph: Graph, cells: str, shape: tuple[int, int], cell: tuple[int, int]) -> str:
    rows, columns = shape[0] // cell[0], shape[1] // cell[1]
    neighbours = [
        graph.slice(graph.slice(cells, 1, row, row + rows - 1), 2, column, column + columns - 1)
        for row in (0, 1)
        for column in (0, 1)
    ]
    blocks = _divided_by_length(graph, graph.add("Concat", *neighbours, axis=3))
    clipped = graph.add("Min", blocks, graph.constant(HYSTERESIS_CEILING))
    return graph.reshape(_divided_by_length(graph, clipped), -1, (rows - 1) * (columns - 1) * 4 * ORIENTATIONS)


def _divided_by_length(graph: Graph, blocks: str) -> str:
    squares = graph.sum(graph.add("Mul", blocks, blocks), 3, keep=True)
    length = graph.add("Sqrt", graph.add("Add", squares, graph.constant(EPSILON**2)))
    return graph.add("Div", blocks, length)
