"""Results → ranked rows. Pure: nothing is run, read or written here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isclose
from statistics import fmean
from typing import TYPE_CHECKING

from benchmarks.analysis.metrics import METRICS
from benchmarks.analysis.statistics import Interval, cochran_q, of_pairs, over_seeds, wilson
from benchmarks.records.trial import TEST, Status, TrialResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Row:
    """A model with its settings on one pipeline.

    Parameters
    ----------
    rank
        The position by accuracy: 1, 2, 3 …; equal accuracies share one. None for a row that is not ``ok``.
    best_group
        Whether the row is the best, or not significantly different from it.
    values
        The value of each metric that was measured, by its name.
    interval
        Of the accuracy, for other test images of the same kind (Wilson 1927).
    deviation
        Of the accuracy over seeds; None with one seed.
    further
        The mean accuracy on each evaluation set beside the test set, by its name, where all seeds were evaluated on it.
    """

    rank: int | None
    best_group: bool
    model: str
    features: str
    family: str
    status: Status
    seeds: int
    values: Mapping[str, float] = field(default_factory=dict)
    interval: Interval | None = None
    deviation: float | None = None
    further: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""

    @property
    def name(self) -> str:
        """The model and its features: ``svm-rbf@hog``."""
        return f"{self.model}@{self.features}"

    @property
    def accuracy(self) -> float | None:
        """The mean accuracy over seeds; None for a row that is not ``ok``."""
        return self.values.get("accuracy")

    @property
    def mark(self) -> str:
        """``*`` for a row below the best that is not significantly different from it."""
        return "*" if self.best_group and self.rank != 1 else ""


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
    correct: Callable[[TrialResult], NDArray[np.bool_] | None],
    train_size: int | None = None,
) -> Leaderboard:
    """Rank results on the largest training size among them, or on ``train_size`` where it is given.

    ``families``: the family of each model. ``correct``: which test images a result classified correctly, of
    shape (n_test,), or None where its predictions are not stored; a row without them is in no best group.
    """
    size = train_size or max((result.trial.train_size or _ALL for result in results), default=_ALL)
    chosen = [result for result in results if (result.trial.train_size or _ALL) == size]
    groups: dict[tuple[str, str], list[TrialResult]] = defaultdict(list)
    for result in chosen:
        groups[result.trial.label, result.trial.features].append(result)
    rows = [(_row(group, families), group) for group in groups.values()]
    ordered = sorted(rows, key=_best_first)
    p_values = _p_values([group for row, group in ordered if row.status == "ok"], correct)
    ranked = _ranked(ordered, p_values)
    ok = [result for result in chosen if result.scores]
    return Leaderboard(
        rows=tuple(row for row, _ in ranked),
        keys=tuple(tuple(result.trial.key for result in group) for _, group in ranked),
        n_train=ok[0].n_train if ok else None,
        n_test=ok[0].scores.n_test if ok and ok[0].scores else None,
        machines=tuple(sorted({result.environment.machine_id for result in ok})),
        n_smaller=len(results) - len(chosen),
        all_equal_p=_all_equal([group[0] for row, group in ranked if row.status == "ok"], correct),
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
        best_group=False,
        model=first.trial.label,
        features=first.trial.features,
        family=first.family or families.get(first.trial.model, ""),
        status=worst.status,
        seeds=len(group),
        reason=worst.reason,
    )
    scores = [result.scores for result in group if result.scores]
    if worst.status != "ok" or not scores:
        return row
    values = {metric.name: value for metric in METRICS if (value := metric.of_row(group)) is not None}
    n_test, accuracies = scores[0].n_test, [score.accuracy for score in scores]
    return replace(
        row,
        values=values,
        interval=wilson(values["accuracy"] * n_test, n_test),
        deviation=over_seeds(accuracies).deviation,
        further=_further_accuracies(group),
    )


def _further_accuracies(group: list[TrialResult]) -> dict[str, float]:
    names = [name for name in group[0].evaluation if name != TEST]
    return {
        name: fmean(result.evaluation[name].accuracy for result in group)
        for name in names
        if all(name in result.evaluation for result in group)
    }


def _best_first(ranked: tuple[Row, list[TrialResult]]) -> tuple[bool, float, str, str]:
    row = ranked[0]
    return row.status != "ok", -(row.accuracy or 0.0), row.model, row.features


def _ranked(rows: _Ranked, p_values: Mapping[tuple[int, int], float]) -> _Ranked:
    """Give the rows that are ``ok``, which come best first, their ranks, and say which form the best group."""
    ranked: _Ranked = []
    for place, (row, group) in enumerate(rows):
        if row.status != "ok":
            ranked.append((row, group))
            continue
        above = ranked[-1][0] if ranked else None
        rank = above.rank if above and _equal(above.accuracy, row.accuracy) else place + 1
        best_group = rank == 1 or p_values.get((0, place), 0.0) >= SIGNIFICANT
        ranked.append((replace(row, rank=rank, best_group=best_group), group))
    return ranked


def _equal(a: float | None, b: float | None) -> bool:
    """Say whether accuracies are equal but for the last bits, which a mean over seeds may leave."""
    return a is not None and b is not None and isclose(a, b, abs_tol=1e-9)


def _p_values(
    groups: list[list[TrialResult]], correct: Callable[[TrialResult], NDArray[np.bool_] | None]
) -> dict[tuple[int, int], float]:
    """Return the p-values of all pairs of groups that have the predictions of every seed, by their places."""
    import numpy as np

    stacks = [[correct(result) for result in group] for group in groups]
    known = [i for i, stack in enumerate(stacks) if all(seed is not None for seed in stack)]
    of_known = of_pairs([np.stack([seed for seed in stacks[i] if seed is not None]) for i in known])
    return {(known[i], known[j]): p_value for (i, j), p_value in of_known.items()}


def _all_equal(firsts: list[TrialResult], correct: Callable[[TrialResult], NDArray[np.bool_] | None]) -> float | None:
    import numpy as np

    known = [one for result in firsts if (one := correct(result)) is not None]
    return cochran_q(np.stack(known)) if len(known) > 1 else None
