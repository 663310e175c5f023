"""Curves of the report: learning curves over training sizes, curves over epochs, calibration. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.analysis.metrics import BY_NAME
from benchmarks.common.formatting import seconds_text
from benchmarks.records.scores import calibration_bins
from benchmarks.records.trial import Predictions, TrialResult
from benchmarks.report.charts.chart import Chart, Line, linear_axis, log_axis, thinned

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Curve:
    """One row of the leaderboard over its training sizes, smallest first."""

    name: str
    sizes: tuple[int, ...]
    errors: tuple[float, ...]
    fit_s: tuple[float, ...]


def learning_curves(results: Iterable[TrialResult]) -> list[Curve]:
    """Return the curves of all rows with several training sizes: error in % and fit time in s, over the seeds."""
    by_row: dict[str, dict[int, list[TrialResult]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        if result.scores and result.n_train and result.timing.fit_s is not None:
            by_row[f"{result.trial.label} on {result.trial.features}"][result.n_train].append(result)
    return [_curve(name, sizes) for name, sizes in sorted(by_row.items()) if len(sizes) > 1]


def learning_charts(curves: Sequence[Curve]) -> list[Chart]:
    """Return error and fit time against the number of training images, on logarithmic scales; none for no curves.

    An error of 0 has no place on such a scale, and no point.
    """
    if not curves:
        return []
    images = log_axis("training images", [size for curve in curves for size in curve.sizes], lambda n: f"{n:,.0f}")
    return [
        Chart(
            f"{what} against the number of training images",
            images,
            log_axis(what, [value for curve in curves for value in values(curve)], text),
            tuple(Line(curve.name, _positive(curve.sizes, values(curve)), dots=True) for curve in curves),
        )
        for what, values, text in (
            ("test error, %", _errors, lambda error: f"{error:g}"),
            ("fit time", _fit_s, seconds_text),
        )
    ]


def epoch_charts(history: Sequence[Mapping[str, float | None]]) -> list[Chart]:
    """Return loss and accuracy against the epoch, of training and of validation, as far as they were recorded."""
    charts = []
    for what in ("loss", "accuracy"):
        lines = []
        for key, name in ((what, "training"), (f"val_{what}", "validation")):
            points = [(float(step["epoch"] or 0), value) for step in history if (value := step.get(key)) is not None]
            if points:
                lines.append(Line(name, thinned(points)))
        values = [y for line in lines for _, y in line.points]
        if values:
            epochs = linear_axis("epoch", [x for line in lines for x, _ in line.points], low=0)
            y = linear_axis(what, values, low=0.0 if what == "loss" else None)
            charts.append(Chart(f"{what.capitalize()} by epoch", epochs, y, tuple(lines)))
    return charts


def calibration_chart(truth: NDArray[np.int64], predictions: Predictions | None) -> Chart | None:
    """Return accuracy against confidence in 15 bins of equal width (Guo et al. 2017); None without probabilities."""
    if predictions is None or predictions.probabilities is None:
        return None
    counts, correct, confidence = calibration_bins(truth, predictions.probabilities)
    points = tuple(
        (100 * float(confidence[i] / n), 100 * float(correct[i] / n)) for i, n in enumerate(counts.tolist()) if n
    )
    x, y = (linear_axis(label, (), low=0, high=100) for label in ("confidence, %", "accuracy, %"))
    lines = (Line("perfectly calibrated", ((0, 0), (100, 100)), quiet=True), Line("this model", points, dots=True))
    return Chart("Calibration: accuracy against confidence", x, y, lines)


def _curve(name: str, by_size: Mapping[int, list[TrialResult]]) -> Curve:
    sizes = sorted(by_size)
    errors = tuple(100 * (1 - (BY_NAME["accuracy"].of_row(by_size[n]) or 0.0)) for n in sizes)
    fit_s = tuple(BY_NAME["fit_s"].of_row(by_size[n]) or 0.0 for n in sizes)
    return Curve(name, tuple(sizes), errors, fit_s)


def _errors(curve: Curve) -> tuple[float, ...]:
    return curve.errors


def _fit_s(curve: Curve) -> tuple[float, ...]:
    return curve.fit_s


def _positive(sizes: Sequence[int], values: Sequence[float]) -> tuple[tuple[float, float], ...]:
    return tuple((size, value) for size, value in zip(sizes, values, strict=True) if value > 0)
