"""Learning curves: accuracy and fit time against the number of training images, as SVG."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from benchmarks.trial import TrialResult

INK = "#808891"  # grey that can be read on white and on black
COLOURS = ("#3b82c4", "#d97a2b", "#3f9e63", "#c65353", "#8f6fc4", "#9c7457", "#c76ba5", "#7a8a3c", "#2fa3a8", "#b0892d")
DASHES = ("-", "--", ":", "-.")


@dataclass(frozen=True)
class Curve:
    """One row of the leaderboard over its training sizes, smallest first."""

    name: str
    sizes: tuple[int, ...]
    errors: tuple[float, ...]
    fit_s: tuple[float, ...]


def learning_curves(results: Iterable[TrialResult]) -> list[Curve]:
    """Return the curves of all rows that were run on several sizes: error in %, fit time in s, over the seeds."""
    by_row: dict[str, dict[int, list[TrialResult]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        if result.scores and result.n_train and result.timing.fit_s is not None:
            by_row[f"{result.trial.label} on {result.trial.features}"][result.n_train].append(result)
    return [_curve(name, sizes) for name, sizes in sorted(by_row.items()) if len(sizes) > 1]


def _curve(name: str, by_size: Mapping[int, list[TrialResult]]) -> Curve:
    sizes = sorted(by_size)
    errors = (fmean(100 * (1 - result.scores.accuracy) for result in by_size[n] if result.scores) for n in sizes)
    fit_s = (median(result.timing.fit_s or 0.0 for result in by_size[n]) for n in sizes)
    return Curve(name, tuple(sizes), tuple(errors), tuple(fit_s))


def as_svg(curves: list[Curve]) -> str:
    """Draw error and fit time side by side, on logarithmic scales; nothing for no curves."""
    if not curves:
        return ""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.6 + 0.14 * len(curves)), layout="constrained")
    left, right = figure.subplots(1, 2)
    for i, curve in enumerate(curves):
        look = {"color": COLOURS[i % len(COLOURS)], "linestyle": DASHES[i // len(COLOURS) % len(DASHES)], "marker": "o"}
        left.plot(curve.sizes, curve.errors, label=curve.name, markersize=3, **look)
        right.plot(curve.sizes, curve.fit_s, markersize=3, **look)
    _label(left, "test error, %")
    _label(right, "fit time, s")
    figure.legend(loc="outside lower center", ncols=3, frameon=False, labelcolor=INK, fontsize=9)
    return _svg(figure)


def _label(axes: Any, what: str) -> None:
    axes.set(xscale="log", yscale="log", xlabel="training images", ylabel=what)
    axes.tick_params(which="both", colors=INK)
    axes.grid(True, alpha=0.25)
    axes.set_facecolor("none")
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)
    for spine in axes.spines.values():
        spine.set_color(INK)


def _svg(figure: Any) -> str:
    """Return the figure as an SVG element, the same for the same figure."""
    import matplotlib

    text = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "digitbench"}):
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    return svg[svg.index("<svg") :]
