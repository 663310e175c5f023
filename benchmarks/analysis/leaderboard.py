"""Results → ranked rows. Pure: nothing is run, read or written here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isclose
from statistics import fmean, median
from typing import TYPE_CHECKING

from benchmarks.analysis.statistics import cochran_q, of_pairs, over_seeds, wilson
from benchmarks.records.trial import Status, TrialResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIGNIFICANT = 0.05
MIB = 2**20


@dataclass(frozen=True)
class Row:
    """A model with its settings on one pipeline.

    Means over seeds for scores, medians for costs. ``tied``: not told apart from the best.
    ``deviation``: of the accuracy over seeds; None with one seed.
    """

    rank: int | None
    tied: bool
    model: str
    features: str
    family: str
    status: Status
    seeds: int
    accuracy: float | None = None
    accuracy_low: float | None = None
    accuracy_high: float | None = None
    deviation: float | None = None
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    features_s: float | None = None
    fit_s: float | None = None
    predict_s: float | None = None
    latency_ms_p50: float | None = None
    latency_ms_p99: float | None = None
    peak_rss_mb: float | None = None
    model_mb: float | None = None
    reason: str = ""

    @property
    def training_s(self) -> float | None:
        """Seconds for features and fit together; None where one was not measured."""
        return None if self.features_s is None or self.fit_s is None else self.features_s + self.fit_s


@dataclass(frozen=True)
class Leaderboard:
    """The rows, best first, those that are not ``ok`` last, and what holds for all of them.

    ``keys``: the trials behind each row, in the order of the rows. ``all_equal_p``: the p-value of
    Cochran's Q over the first seed of every row that is ``ok``; None with fewer than two.
    ``p_values``: of the pairs (i, j), i < j, of rows that are ``ok`` and have their predictions: that both
    err equally often, Holm-corrected over all pairs.
    """

    rows: tuple[Row, ...]
    keys: tuple[tuple[str, ...], ...]
    n_train: int | None
    n_test: int | None
    machines: tuple[str, ...]
    n_smaller: int
    all_equal_p: float | None
    p_values: Mapping[tuple[int, int], float] = field(default_factory=dict)


def leaderboard(
    results: Sequence[TrialResult],
    families: Mapping[str, str],
    right: Callable[[TrialResult], NDArray[np.bool_] | None],
    train_size: int | None = None,
) -> Leaderboard:
    """Rank results on the largest training size among them, or on ``train_size`` where it is given.

    ``families``: the family of each model. ``right``: which test images a result read right, of
    shape (n_test,), or None where its predictions are gone; a row without them is never tied.
    """
    size = train_size or max((result.trial.train_size or _ALL for result in results), default=_ALL)
    chosen = [result for result in results if (result.trial.train_size or _ALL) == size]
    groups: dict[tuple[str, str], list[TrialResult]] = defaultdict(list)
    for result in chosen:
        groups[result.trial.label, result.trial.features].append(result)
    rows = [(_row(group, families), group) for group in groups.values()]
    ordered = sorted(rows, key=_best_first)
    p_values = _p_values([group for row, group in ordered if row.status == "ok"], right)
    ranked = _ranked(ordered, p_values)
    ok = [result for result in chosen if result.scores]
    return Leaderboard(
        rows=tuple(row for row, _ in ranked),
        keys=tuple(tuple(result.trial.key for result in group) for _, group in ranked),
        n_train=ok[0].n_train if ok else None,
        n_test=ok[0].scores.n_test if ok and ok[0].scores else None,
        machines=tuple(sorted({result.environment.machine_id for result in ok})),
        n_smaller=len(results) - len(chosen),
        all_equal_p=_all_equal([group[0] for row, group in ranked if row.status == "ok"], right),
        p_values=p_values,
    )


_ALL = 1 << 62
_Ranked = list[tuple[Row, list[TrialResult]]]


def _row(group: list[TrialResult], families: Mapping[str, str]) -> Row:
    """Return the row of one model on one pipeline, still without a rank."""
    first = group[0]
    worst = next((result for result in group if not result.ok), first)
    row = Row(
        rank=None,
        tied=False,
        model=first.trial.label,
        features=first.trial.features,
        family=families.get(first.trial.model, ""),
        status=worst.status,
        seeds=len(group),
        reason=worst.reason,
    )
    scores = [result.scores for result in group if result.scores]
    if worst.status != "ok" or not scores:
        return row
    n = scores[0].n_test
    accuracy = over_seeds([score.accuracy for score in scores])
    interval = wilson(accuracy.mean * n, n)
    timings = [result.timing for result in group]
    return replace(
        row,
        accuracy=accuracy.mean,
        deviation=accuracy.deviation,
        accuracy_low=interval.low,
        accuracy_high=interval.high,
        precision=fmean(score.precision_macro for score in scores),
        recall=fmean(score.recall_macro for score in scores),
        f1=fmean(score.f1_macro for score in scores),
        features_s=_middle(timing.features_s for timing in timings),
        fit_s=_middle(timing.fit_s for timing in timings),
        predict_s=_middle(median(timing.predict_s) for timing in timings if timing.predict_s),
        latency_ms_p50=_middle(timing.latency_ms.p50 for timing in timings if timing.latency_ms),
        latency_ms_p99=_middle(timing.latency_ms.p99 for timing in timings if timing.latency_ms),
        peak_rss_mb=_middle(result.resources.peak_rss_mb for result in group),
        model_mb=_middle(
            result.resources.model_bytes / MIB for result in group if result.resources.model_bytes is not None
        ),
    )


def _middle(figures: Iterable[float | None]) -> float | None:
    known = [figure for figure in figures if figure is not None]
    return median(known) if known else None


def _best_first(ranked: tuple[Row, list[TrialResult]]) -> tuple[bool, float, str, str]:
    row = ranked[0]
    return row.status != "ok", -(row.accuracy or 0.0), row.model, row.features


def _ranked(rows: _Ranked, p_values: Mapping[tuple[int, int], float]) -> _Ranked:
    """Give ranks: those tied with the best share rank 1, of the others those of equal accuracy share theirs."""
    ranked: _Ranked = []
    for place, (row, group) in enumerate(rows):
        if row.status != "ok":
            ranked.append((row, group))
            continue
        above = ranked[-1][0] if ranked else None
        same = above is not None and _equal(above.accuracy, row.accuracy)
        tied = place == 0 or p_values.get((0, place), 0.0) >= SIGNIFICANT
        rank = 1 if tied else above.rank if above and same else place + 1
        ranked.append((replace(row, rank=rank, tied=tied), group))
    return ranked


def _equal(a: float | None, b: float | None) -> bool:
    """Say whether accuracies are equal but for the last bits, which a mean over seeds may leave."""
    return a is not None and b is not None and isclose(a, b, abs_tol=1e-9)


def _p_values(
    groups: list[list[TrialResult]], right: Callable[[TrialResult], NDArray[np.bool_] | None]
) -> dict[tuple[int, int], float]:
    """Return the p-values of all pairs of groups that have the predictions of every seed, by their places."""
    import numpy as np

    stacks = [[right(result) for result in group] for group in groups]
    known = [i for i, stack in enumerate(stacks) if all(seed is not None for seed in stack)]
    of_known = of_pairs([np.stack([seed for seed in stacks[i] if seed is not None]) for i in known])
    return {(known[i], known[j]): p_value for (i, j), p_value in of_known.items()}


def _all_equal(firsts: list[TrialResult], right: Callable[[TrialResult], NDArray[np.bool_] | None]) -> float | None:
    import numpy as np

    known = [one for result in firsts if (one := right(result)) is not None]
    return cochran_q(np.stack(known)) if len(known) > 1 else None
