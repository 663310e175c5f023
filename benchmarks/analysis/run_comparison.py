"""Two runs on the same data, or a run and a leaderboard: what improved, what is worse, what is noise. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median
from typing import TYPE_CHECKING, Literal

from benchmarks.analysis.leaderboard import SIGNIFICANT, Row
from benchmarks.analysis.metric import Metric, Noise
from benchmarks.analysis.metrics import ACCURACY, BY_RATIO
from benchmarks.analysis.statistics import Interval, holm, paired, wilson
from benchmarks.records.trial import TrialResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Verdict = Literal["improved", "worse", "within noise", "the same", "not compared"]

MOST_ALLOWED = 1.5  # also for a time that was measured only once: with one seed, a fit is
OF_SPREAD = 2.0


@dataclass(frozen=True)
class Side:
    """One row of one run: its results, a seed each, and which images they classified correctly.

    ``correct`` has shape (seeds, n_test), and is None where predictions are not stored.
    """

    results: tuple[TrialResult, ...]
    correct: NDArray[np.bool_] | None

    @property
    def failure(self) -> str:
        """Why there are no figures; empty if there are."""
        return next((f"{result.status}: {result.reason}" for result in self.results if not result.ok), "")


@dataclass(frozen=True)
class Change:
    """One metric in both runs, in its unit. ``basis`` says in words what the verdict rests on."""

    before: float | None
    after: float | None
    verdict: Verdict
    basis: str = ""


@dataclass(frozen=True)
class RowChanges:
    """All metrics of one row that one of the runs measured, by their headings.

    ``status``: worse where only the second run failed, improved where only the first did.
    """

    name: str
    status: Change
    figures: Mapping[str, Change]


def compare_rows(
    first: Mapping[str, Side], second: Mapping[str, Side], why_no_times: str = ""
) -> tuple[RowChanges, ...]:
    """Return what changed in each row that both runs have, in the order of the first.

    ``why_no_times``: why times cannot be compared at all; empty if they can. Accuracies are tested in
    pairs of predictions of the same images, and Holm's correction is over all rows (Holm 1979).
    """
    names = [name for name in first if name in second]
    rows = [_row(name, first[name], second[name], why_no_times) for name in names]
    tested = [row for row in rows if _paired_correct(first[row.name], second[row.name])]
    p_values = holm([paired(*_paired_correct(first[row.name], second[row.name])) for row in tested])
    judged = {row.name: _by_p_value(row, p) for row, p in zip(tested, p_values, strict=True)}
    return tuple(judged.get(row.name, row) for row in rows)


def compare_listed(first: Mapping[str, Row], second: Mapping[str, Row], why_no_times: str) -> tuple[RowChanges, ...]:
    """Return what changed in each row that both leaderboards have, in the order of the first.

    Of a row only its values are known. Accuracies differ where their intervals do not overlap.
    However the errors of the two rows are related, that happens by chance in at most 5 % of all cases, because
    the difference never varies by more than the two deviations together; on the same images, far less often.
    """
    return tuple(_listed(name, first[name], second[name], why_no_times) for name in first if name in second)


def regressions(rows: Sequence[RowChanges], fail_on: Sequence[str]) -> list[tuple[str, str]]:
    """Return (row, metric) for each of the metrics ``fail_on`` that is worse, and for each row that now fails."""
    worse = [(row.name, "status") for row in rows if row.status.verdict == "worse"]
    return worse + [
        (row.name, heading)
        for row in rows
        for heading in fail_on
        if heading in row.figures and row.figures[heading].verdict == "worse"
    ]


def _row(name: str, first: Side, second: Side, why_no_times: str) -> RowChanges:
    if first.failure or second.failure:
        return _failed(name, first.failure, second.failure)
    why_not = why_no_times or _why_no_times(first, second)
    figures = {ACCURACY.heading: _unpaired(first, second)}
    for metric in BY_RATIO:
        before, after = (metric.measurements(side.results) for side in (first, second))
        if before or after:
            figures[metric.heading] = _by_ratio(metric, before, after, why_not)
    return RowChanges(name, Change(None, None, "the same"), figures)


def _listed(name: str, first: Row, second: Row, why_no_times: str) -> RowChanges:
    failures = [f"{row.status}: {row.reason}" if row.status != "ok" else "" for row in (first, second)]
    if any(failures):
        return _failed(name, *failures)
    figures = {ACCURACY.heading: _by_intervals(_estimate(first), _estimate(second), "unpaired, by 95 % intervals")}
    for metric in BY_RATIO:
        before, after = ([row.values[metric.name]] if metric.name in row.values else [] for row in (first, second))
        if before or after:
            figures[metric.heading] = _by_ratio(metric, before, after, why_no_times)
    return RowChanges(name, Change(None, None, "the same"), figures)


def _failed(name: str, first: str, second: str) -> RowChanges:
    """Return the changes of a row that has no figures on one side at least: only its status."""
    verdict: Verdict = "not compared" if first and second else "improved" if first else "worse"
    return RowChanges(name, Change(None, None, verdict, second or first), {})


def _why_no_times(first: Side, second: Side) -> str:
    threads = {result.resources.threads for side in (first, second) for result in side.results}
    if len(threads) > 1:
        return "another number of threads"
    contended = any(result.timing.contended for side in (first, second) for result in side.results)
    return "other trials ran at the same time" if contended else ""


def _paired_correct(first: Side, second: Side) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | tuple[()]:
    if first.failure or second.failure or first.correct is None or second.correct is None:
        return ()
    return first.correct, second.correct


def _unpaired(first: Side, second: Side) -> Change:
    """Compare accuracies without predictions."""
    basis = "no predictions stored; by 95 % intervals"
    return _by_intervals(_estimate_of_seeds(first), _estimate_of_seeds(second), basis)


def _estimate_of_seeds(side: Side) -> tuple[float, Interval]:
    scores = [result.scores for result in side.results if result.scores]
    accuracy, n = fmean(score.accuracy for score in scores), scores[0].n_test
    return accuracy, wilson(accuracy * n, n)


def _by_intervals(first: tuple[float, Interval], second: tuple[float, Interval], basis: str) -> Change:
    """Compare two proportions, each with its interval: different only where the intervals do not overlap."""
    (before, a), (after, b) = first, second
    apart = a.high < b.low or b.high < a.low
    return Change(before, after, _direction(before, after, apart), basis)


def _estimate(row: Row) -> tuple[float, Interval]:
    assert row.accuracy is not None and row.interval is not None
    return row.accuracy, row.interval


def _by_p_value(row: RowChanges, p_value: float) -> RowChanges:
    change = row.figures[ACCURACY.heading]
    assert change.before is not None and change.after is not None
    verdict = _direction(change.before, change.after, p_value < SIGNIFICANT)
    judged = replace(change, verdict=verdict, basis=f"p = {p_value:.2g}")
    return replace(row, figures={**row.figures, ACCURACY.heading: judged})


def _direction(before: float, after: float, different: bool) -> Verdict:
    if not different:
        return "the same" if before == after else "within noise"
    return "improved" if after > before else "worse"


def _by_ratio(metric: Metric, before: Sequence[float], after: Sequence[float], why_no_times: str) -> Change:
    """Compare medians; the noise allowed is the metric's own, or the spread of the values where that is larger.

    A spread that is larger than ``MOST_ALLOWED`` excuses no more than that.
    """
    is_time, noise = metric.unit.is_time, metric.noise or Noise()
    if is_time and why_no_times:
        return Change(None, None, "not compared", why_no_times)
    if not before or not after:
        return Change(None, None, "not compared", "not measured in both")
    old, new = median(before), median(after)
    if old != new and abs(old - new) < noise.smallest:
        return Change(old, new, "within noise", f"noise below {metric.text(noise.smallest)}")
    once = is_time and min(len(before), len(after)) == 1
    of_spread = 1 + OF_SPREAD * (_spread(before) + _spread(after))
    allowed = MOST_ALLOWED if once else min(MOST_ALLOWED, max(noise.ratio, of_spread))
    near = max(old, new) <= allowed * min(old, new)
    verdict: Verdict = "within noise" if near else "improved" if (new > old) == (metric.better == "higher") else "worse"
    return Change(old, new, "the same" if old == new else verdict, f"noise to {allowed:.2f}×")


def _spread(values: Sequence[float]) -> float:
    """Return the median absolute deviation as a share of the median: one outlier does not raise it."""
    middle = median(values)
    return median(abs(value - middle) for value in values) / middle if middle else 0.0
