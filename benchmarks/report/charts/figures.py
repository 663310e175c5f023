"""Charts and images drawn by Matplotlib, for files."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.report.charts.chart import Axis, Chart
from benchmarks.report.charts.labels import Box, place_labels

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

DPI = 200
IMAGE_COLUMNS = 12
AXES_POINTS = (430.0, 250.0)  # about what of a chart of 7 by 4.5 inches lies inside the axes


def of_chart(chart: Chart) -> Figure:
    """Draw a chart as it is in the report."""
    figure, axes = _figure(7.0, 4.5)
    for line in chart.lines:
        if line.quiet:
            axes.plot(
                *_columns(line.points), color="grey", linestyle="--", linewidth=1, label=_plain(line.name), zorder=1
            )
        else:
            axes.plot(*_columns(line.points), marker="o" if line.dots else "", markersize=3, label=_plain(line.name))
    for mark, (right, up, side) in zip(chart.marks, _offsets(chart), strict=True):
        if mark.low is not None and mark.high is not None:
            axes.plot([mark.x, mark.x], [mark.low, mark.high], color="grey", linewidth=0.8)
        axes.scatter(mark.x, mark.y, s=22, color=f"C{mark.group}", zorder=3)
        axes.annotate(_plain(mark.name), (mark.x, mark.y), (right, up), textcoords="offset points", fontsize=6, ha=side)
    for i, group in enumerate(chart.groups):
        axes.scatter([], [], s=22, color=f"C{i}", label=_plain(group) or "other")
    _scale(axes.xaxis, axes.set_xscale, axes.set_xlim, chart.x)
    _scale(axes.yaxis, axes.set_yscale, axes.set_ylim, chart.y)
    axes.grid(True, linewidth=0.3)
    if chart.groups or any(line.name for line in chart.lines):
        figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=7)
    return figure


def of_confusion(counts: Sequence[Sequence[int]], names: Sequence[str], title: str) -> Figure:
    """Draw a confusion matrix with its counts, tinted by the fraction of the true class."""
    import numpy as np

    matrix = np.array(counts)
    fractions = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    side = max(4.0, 0.42 * len(names))
    figure, axes = _figure(side, side)
    axes.imshow(np.sqrt(fractions), cmap="Blues", vmin=0, vmax=1)
    axes.set(xlabel="predicted class", ylabel="true class", title=_plain(title))
    names = list(map(_plain, names))
    axes.set_xticks(range(len(names)), names, rotation=90 if max(map(len, names)) > 2 else 0, fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    for i, j in np.argwhere(matrix):
        colour = "white" if fractions[i, j] > 0.4 else "black"
        axes.text(j, i, str(matrix[i, j]), ha="center", va="center", color=colour, fontsize=6)
    return figure


def of_images(images: Sequence[tuple[str, NDArray[np.uint8]]]) -> Figure:
    """Draw images of shape (height, width), each with its caption."""
    columns = min(IMAGE_COLUMNS, len(images))
    rows = -(-len(images) // columns)
    figure, _ = _figure(0.8 * columns, 1.0 * rows, axes=False)
    for i, (caption, image) in enumerate(images):
        axes = figure.add_subplot(rows, columns, i + 1)
        axes.imshow(image, cmap="gray", vmin=0, vmax=255)
        axes.set_title(_plain(caption), fontsize=8)
        axes.axis("off")
    return figure


def _plain(text: str) -> str:
    """Return a text as Matplotlib shows it as it is: what stands between dollar signs would be a formula."""
    return text.replace("$", r"\$")


def content(figure: Figure, kind: str) -> bytes:
    """Return the figure as a file of that kind, svg or png; an SVG is the same for the same figure."""
    import matplotlib

    buffer = io.BytesIO()
    metadata = {"Date": None, "Creator": None} if kind == "svg" else {}
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "digitbench"}):
        figure.savefig(buffer, format=kind, dpi=DPI, metadata=metadata)
    return buffer.getvalue()


def _figure(width: float, height: float, axes: bool = True) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots() if axes else None


def _offsets(chart: Chart) -> list[tuple[float, float, str]]:
    """Return where the names of the marks go: points to the right of the mark, points up, and the side of the text."""
    width, height = AXES_POINTS
    places = [(chart.x.place(mark.x) * width, (1 - chart.y.place(mark.y)) * height) for mark in chart.marks]
    widths = [len(mark.name) * 3.4 for mark in chart.marks]
    labels = place_labels(places, widths, 7.5, Box(0, 0, width, height))
    sides = {"start": "left", "end": "right"}
    return [(label.x - x, y - label.y + 2, sides[label.anchor]) for label, (x, y) in zip(labels, places, strict=True)]


def _columns(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def _scale(side: Any, set_scale: Any, set_limits: Any, axis: Axis) -> None:
    """Give one side of the axes the chart's scale, limits, ticks and label."""
    if axis.log:
        set_scale("log")
        side.set_minor_locator(_no_ticks())
    set_limits(*((axis.high, axis.low) if axis.flipped else (axis.low, axis.high)))
    side.set_ticks([value for value, _ in axis.ticks], [text for _, text in axis.ticks], fontsize=8)
    side.set_label_text(axis.label)


def _no_ticks() -> Any:
    from matplotlib.ticker import NullLocator

    return NullLocator()
