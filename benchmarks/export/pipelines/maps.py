"""Pooled orientation maps, of standardised images."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from benchmarks.export.graph import Graph
from benchmarks.export.pipelines.deskewing import interpolate, slants
from features import orientation_maps as original

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def orientation_maps(graph: Graph, transformer: original.OrientationMaps, images: str, shape: tuple[int, int]) -> str:
    """Write the maps, pooled and scaled: shape (n, n_features)."""
    weights = _pooling_weights()
    maps = _maps(graph, _standardised(graph, images, shape))
    pooled = graph.add("MatMul", graph.add("MatMul", graph.constant(weights), maps), graph.constant(weights.T))
    flat = graph.reshape(_normalised(graph, pooled), -1, original.ORIENTATIONS * original.GRID**2)
    return graph.add("Mul", flat, graph.constant(transformer.scale_))


def _standardised(graph: Graph, images: str, shape: tuple[int, int]) -> str:
    """Write ``standardise``: float32 images of shape (n, FRAME, FRAME)."""
    import numpy as np

    height, width = shape
    frame = original.FRAME
    ink = graph.add("Min", images, graph.constant(original.PEN, "uint8"))
    slant, _ = slants(graph, ink, shape)
    strength = graph.cast(ink, "float64")
    row_centre, row_variance = _centre_and_variance(graph, graph.sum(strength, 2), height)
    column_centre, column_variance = _centre_and_variance(graph, graph.sum(strength, 1), width)
    sheared = graph.add("Mul", graph.add("Mul", slant, slant), row_variance)
    upright = graph.add("Max", graph.add("Sub", column_variance, sheared), graph.constant(0, "float64"))
    row_scale = _scale(graph, row_variance, frame / height / original.USUAL_HEIGHT, original.HEIGHT_EXPONENT, height)
    column_scale = _scale(graph, upright, frame / width / original.USUAL_WIDTH, original.WIDTH_EXPONENT, width)

    from_middle = graph.constant(np.arange(frame)[None] - (frame - 1) / 2, "float64")
    rows = graph.add("Mul", row_scale, from_middle)
    last, middle = graph.constant([2], "int64"), graph.constant([1], "int64")
    middle_of_row = graph.add("Unsqueeze", graph.add("Add", column_centre, graph.add("Mul", slant, rows)), last)
    columns = graph.add(
        "Add", middle_of_row, graph.add("Unsqueeze", graph.add("Mul", column_scale, from_middle), middle)
    )
    places = graph.add("Unsqueeze", graph.add("Add", row_centre, rows), middle)
    # the gather of ONNX does not broadcast, that of NumPy does
    repeated = graph.add("Tile", places, graph.constant([1, width, 1], "int64"))
    lines = graph.add("Transpose", graph.cast(images, "float32"), perm=[0, 2, 1])
    at_rows = graph.add("Transpose", interpolate(graph, lines, repeated, height), perm=[0, 2, 1])
    return interpolate(graph, at_rows, columns, width)


def _centre_and_variance(graph: Graph, profile: str, length: int) -> tuple[str, str]:
    """Write mean and variance of the position, weighted by ``profile``: each of shape (n, 1), in double precision."""
    import numpy as np

    places = graph.constant(np.arange(length)[None], "float64")
    mass = graph.add("Max", graph.sum(profile, 1, keep=True), graph.constant(1, "float64"))
    centre = graph.add("Div", graph.sum(graph.add("Mul", profile, places), 1, keep=True), mass)
    away = graph.add("Sub", places, centre)
    squares = graph.add("Mul", graph.add("Mul", profile, away), away)
    return centre, graph.add("Div", graph.sum(squares, 1, keep=True), mass)


def _scale(graph: Graph, variance: str, unit: float, exponent: float, length: int) -> str:
    """Write the pixels of the image for one of the frame; ``unit``: of the usual spread, for a spread of one pixel."""
    relative = graph.add("Mul", graph.add("Sqrt", variance), graph.constant(unit, "float64"))
    power = graph.add("Pow", relative, graph.constant(exponent, "float64"))
    bounds = [graph.constant(bound, "float64") for bound in (original.NARROWEST, original.WIDEST)]
    return graph.add("Mul", graph.add("Clip", power, *bounds), graph.constant(length / original.FRAME, "float64"))


def _maps(graph: Graph, ink: str) -> str:
    """Write the gradient, split between the two nearest orientations: shape (n, ORIENTATIONS, FRAME, FRAME)."""
    import numpy as np

    n = original.ORIENTATIONS
    along_rows, along_columns = (_gradient(graph, ink, axis) for axis in (1, 2))
    energy = graph.add("Add", graph.add("Mul", along_rows, along_rows), graph.add("Mul", along_columns, along_columns))
    angle = graph.add("Mul", _angle(graph, along_rows, along_columns), graph.constant(n / (2 * math.pi)))
    orientations = np.arange(-(n // 2), n - n // 2).reshape(1, -1, 1, 1)
    channel = graph.constant([1], "int64")
    apart = graph.add("Abs", graph.add("Sub", graph.add("Unsqueeze", angle, channel), graph.constant(orientations)))
    distance = graph.add("Min", apart, graph.add("Sub", graph.constant(n), apart))
    share = graph.add("Relu", graph.add("Sub", graph.constant(1), distance))
    return graph.add("Mul", graph.add("Unsqueeze", graph.add("Sqrt", energy), channel), share)


def _gradient(graph: Graph, ink: str, axis: int) -> str:
    """Write ``np.gradient`` along an axis: central differences, one-sided at the border."""
    last = original.FRAME
    ends = [(0, 1), (last - 2, last - 1)]
    first, final = (
        graph.add("Sub", graph.slice(ink, axis, b, b + 1), graph.slice(ink, axis, a, a + 1)) for a, b in ends
    )
    inner = graph.add("Sub", graph.slice(ink, axis, 2, last), graph.slice(ink, axis, 0, last - 2))
    return graph.add("Concat", first, graph.add("Div", inner, graph.constant(2)), final, axis=axis)


def _angle(graph: Graph, rise: str, run: str) -> str:
    """Write ``arctan2``, -π to π, of which ONNX has the half with positive ``run`` only; 0 without a gradient."""
    zero = graph.constant(0)
    is_zero = graph.add("Equal", run, zero)
    slope = graph.add("Div", rise, graph.add("Where", is_zero, graph.constant(1), run))
    half = graph.add("Where", graph.add("Less", rise, zero), graph.constant(-math.pi), graph.constant(math.pi))
    behind = graph.add("Where", graph.add("Less", run, zero), half, zero)
    straight = graph.add("Mul", graph.add("Sign", rise), graph.constant(math.pi / 2))
    return graph.add("Where", is_zero, straight, graph.add("Add", graph.add("Atan", slope), behind))


def _pooling_weights() -> NDArray[np.float64]:
    """Return the Gaussian around each line of the grid: shape (GRID, FRAME)."""
    import numpy as np

    lines = (original.FRAME - 1) / 2 + original.GRID_STEP * (np.arange(original.GRID) - (original.GRID - 1) / 2)
    distance = np.arange(original.FRAME) - lines[:, None]
    weights: NDArray[np.float64] = np.exp(-(distance**2) / (2 * original.BLUR**2))
    return weights


def _normalised(graph: Graph, pooled: str) -> str:
    energy = graph.add("Sqrt", graph.sum(graph.add("Mul", pooled, pooled), 1, keep=True))
    mean = graph.add("ReduceMean", energy, graph.constant([2, 3], "int64"), keepdims=1)
    floor = graph.add("Mul", mean, graph.constant(original.FLOOR))
    divisor = graph.add("Max", graph.add("Add", energy, floor), graph.constant(2.0**-126))  # the smallest float32
    return graph.add("Sqrt", graph.add("Div", pooled, divisor))
