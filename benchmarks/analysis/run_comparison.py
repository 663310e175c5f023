"""Two runs on the same data, or a run and a leaderboard: what improved, what is worse, what is noise. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median
from typing import TYPE_CHECKING, Literal

from benchmarks.analysis.leaderboard import MIB, SIGNIFICANT, Row
from benchmarks.analysis.statistics import Interval, holm, paired, wilson
from benchmarks.records.trial import TrialResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Verdict = Literal["improved", "worse", "within noise", "the same", "not compared"]

# What two runs of the same code may differ by, as a ratio; their own spread may add to that
ALLOWED = {"features": 1.25, "fit": 1.25, "predict": 1.15, "one image": 1.25, "memory": 1.10, "size": 1.01}
MOST_ALLOWED = 1.5  # also for a time that was taken only once: with one seed, a fit is
OF_SPREAD = 2.0
# a smaller difference of two times is noise, whatever its ratio
LEAST_S = {"features": 0.02, "fit": 0.02, "predict": 0.02, "one image": 0.0005}
TIMES = tuple(LEAST_S)
FIGURES = ("accuracy", *ALLOWED)


@dataclass(frozen=True)
class Side:
    """One row of one run: its results, a seed each, and which images they read right.

    ``right`` has shape (seeds, n_test), and is None where predictions are not stored.
    """

    results: tuple[TrialResult, ...]
    right: NDArray[np.bool_] | None

    @property
    def trouble(self) -> str:
        """Why there are no figures; empty if there are."""
        return next((f"{result.status}: {result.reason}" for result in self.results if not result.ok), "")


@dataclass(frozen=True)
class Change:
    """One figure in both runs: a share of one, s or MiB. ``basis`` says in words what the verdict rests on."""

    before: float | None
    after: float | None
    verdict: Verdict
    basis: str = ""


@dataclass(frozen=True)
class RowChanges:
    """All figures of one row. ``status``: worse where only the second run failed, improved the other way round."""

    name: str
    status: Change
    figures: Mapping[str, Change]


def compare_rows(
    first: Mapping[str, Side], second: Mapping[str, Side], why_no_times: str = ""
) -> tuple[RowChanges, ...]:
    """Return what changed in each row that both runs have, in the order of the first.

    ``why_no_times``: why times cannot be compared at all; empty if they can. Accuracies are tested in
    pairs of answers to the same images, and Holm's correction is over all rows (Holm 1979).
    """
    names = [name for name in first if name in second]
    rows = [_row(name, first[name], second[name], why_no_times) for name in names]
    tested = [row for row in rows if _answers(first[row.name], second[row.name])]
    p_values = holm([paired(*_answers(first[row.name], second[row.name])) for row in tested])
    judged = {row.name: _by_p_value(row, p) for row, p in zip(tested, p_values, strict=True)}
    return tuple(judged.get(row.name, row) for row in rows)


def compare_listed(first: Mapping[str, Row], second: Mapping[str, Row], why_no_times: str) -> tuple[RowChanges, ...]:
    """Return what changed in each row that both leaderboards have, in the order of the first.

    Of a row only its figures are known. Accuracies differ where their intervals have nothing in common.
    Whatever the two rows' mistakes have in common, that happens by chance in at most 5 % of all cases, because
    the difference never varies by more than the two deviations together; on the same images, far less often.
    """
    return tuple(_listed(name, first[name], second[name], why_no_times) for name in first if name in second)


def regressions(rows: Sequence[RowChanges], fail_on: Sequence[str]) -> list[tuple[str, str]]:
    """Return (row, figure) for each of the figures ``fail_on`` that is worse, and for each row that now fails."""
    worse = [(row.name, "status") for row in rows if row.status.verdict == "worse"]
    return worse + [
        (row.name, figure)
        for row in rows
        for figure in fail_on
        if figure in row.figures and row.figures[figure].verdict == "worse"
    ]


def _row(name: str, first: Side, second: Side, why_no_times: str) -> RowChanges:
    if first.trouble or second.trouble:
        return _troubled(name, first.trouble, second.trouble)
    why_not = why_no_times or _why_no_times(first, second)
    figures = {"accuracy": _unpaired(first, second)}
    for figure, values in VALUES.items():
        if figure in TIMES and why_not:
            figures[figure] = Change(None, None, "not compared", why_not)
        else:
            figures[figure] = _ratio(figure, values(first.results), values(second.results))
    return RowChanges(name, Change(None, None, "the same"), figures)


def _listed(name: str, first: Row, second: Row, why_no_times: str) -> RowChanges:
    troubles = [f"{row.status}: {row.reason}" if row.status != "ok" else "" for row in (first, second)]
    if any(troubles):
        return _troubled(name, *troubles)
    figures = {"accuracy": _by_intervals(_estimate(first), _estimate(second), "unpaired, by 95 % intervals")}
    for figure, values in LISTED.items():
        figures[figure] = _ratio(figure, values(first), values(second))
    for figure in TIMES:
        figures[figure] = Change(None, None, "not compared", why_no_times)
    return RowChanges(name, Change(None, None, "the same"), figures)


def _troubled(name: str, first: str, second: str) -> RowChanges:
    """Return the changes of a row that has no figures on one side at least: only its status."""
    verdict: Verdict = "not compared" if first and second else "improved" if first else "worse"
    return RowChanges(name, Change(None, None, verdict, second or first), {})


def _why_no_times(first: Side, second: Side) -> str:
    threads = {result.resources.threads for side in (first, second) for result in side.results}
    if len(threads) > 1:
        return "another number of threads"
    contended = any(result.timing.contended for side in (first, second) for result in side.results)
    return "other trials ran beside it" if contended else ""


def _answers(first: Side, second: Side) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | tuple[()]:
    if first.trouble or second.trouble or first.right is None or second.right is None:
        return ()
    return first.right, second.right


def _unpaired(first: Side, second: Side) -> Change:
    """Compare accuracies without predictions."""
    basis = "no predictions stored; by 95 % intervals"
    return _by_intervals(_estimate_of_seeds(first), _estimate_of_seeds(second), basis)


def _estimate_of_seeds(side: Side) -> tuple[float, Interval]:
    accuracy, n = _accuracy(side), next(result.scores.n_test for result in side.results if result.scores)
    return accuracy, wilson(accuracy * n, n)


def _by_intervals(first: tuple[float, Interval], second: tuple[float, Interval], basis: str) -> Change:
    """Compare two shares, each with its interval: different only where the intervals have nothing in common."""
    (before, a), (after, b) = first, second
    apart = a.high < b.low or b.high < a.low
    return Change(before, after, _direction(before, after, apart), basis)


def _estimate(row: Row) -> tuple[float, Interval]:
    assert row.accuracy is not None and row.accuracy_low is not None and row.accuracy_high is not None
    return row.accuracy, Interval(row.accuracy_low, row.accuracy_high)


def _by_p_value(row: RowChanges, p_value: float) -> RowChanges:
    change = row.figures["accuracy"]
    assert change.before is not None and change.after is not None
    verdict = _direction(change.before, change.after, p_value < SIGNIFICANT)
    judged = replace(change, verdict=verdict, basis=f"p = {p_value:.2g}")
    return replace(row, figures={**row.figures, "accuracy": judged})


def _direction(before: float, after: float, apart: bool) -> Verdict:
    if not apart:
        return "the same" if before == after else "within noise"
    return "improved" if after > before else "worse"


def _accuracy(side: Side) -> float:
    return fmean(result.scores.accuracy for result in side.results if result.scores)


def _ratio(figure: str, before: Sequence[float], after: Sequence[float]) -> Change:
    """Compare medians; the noise allowed is the figure's own, or the spread of the values where that is larger.

    A spread that is larger than ``MOST_ALLOWED`` excuses no more than that.
    """
    if not before or not after:
        return Change(None, None, "not compared", "not measured in both")
    old, new = median(before), median(after)
    if figure in TIMES and old != new and abs(old - new) < LEAST_S[figure]:
        return Change(old, new, "within noise", f"noise below {LEAST_S[figure] * 1000:g} ms")
    once = figure in TIMES and min(len(before), len(after)) == 1
    of_spread = 1 + OF_SPREAD * (_spread(before) + _spread(after))
    allowed = MOST_ALLOWED if once else min(MOST_ALLOWED, max(ALLOWED[figure], of_spread))
    near = max(old, new) <= allowed * min(old, new)
    verdict: Verdict = "within noise" if near else "improved" if new < old else "worse"
    return Change(old, new, "the same" if old == new else verdict, f"noise to {allowed:.2f}×")


def _spread(values: Sequence[float]) -> float:
    """Return the median distance from the median, as a share: more values, or one at a bad moment, do not raise it."""
    middle = median(values)
    return median(abs(value - middle) for value in values) / middle if middle else 0.0


def _features(results: Sequence[TrialResult]) -> list[float]:
    """Return the times, each once: seeds that took the same matrix from the cache tell the same one."""
    return list(dict.fromkeys(result.timing.features_s for result in results if result.timing.features_s is not None))


def _fit(results: Sequence[TrialResult]) -> list[float]:
    return [result.timing.fit_s for result in results if result.timing.fit_s is not None]


def _predict(results: Sequence[TrialResult]) -> list[float]:
    return [seconds for result in results for seconds in result.timing.predict_s]


def _one_image(results: Sequence[TrialResult]) -> list[float]:
    return [result.timing.latency_ms.p50 / 1000 for result in results if result.timing.latency_ms]


def _memory(results: Sequence[TrialResult]) -> list[float]:
    return [result.resources.peak_rss_mb for result in results if result.resources.peak_rss_mb is not None]


def _size(results: Sequence[TrialResult]) -> list[float]:
    return [result.resources.model_bytes / MIB for result in results if result.resources.model_bytes is not None]


VALUES: Mapping[str, Callable[[Sequence[TrialResult]], list[float]]] = {
    "features": _features,
    "fit": _fit,
    "predict": _predict,
    "one image": _one_image,
    "memory": _memory,
    "size": _size,
}

LISTED: Mapping[str, Callable[[Row], list[float]]] = {
    "memory": lambda row: [] if row.peak_rss_mb is None else [row.peak_rss_mb],
    "size": lambda row: [] if row.model_mb is None else [row.model_mb],
}
