"""Two rows of a leaderboard, compared as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tabulate import tabulate

from benchmarks.analysis.leaderboard import SIGNIFICANT
from benchmarks.analysis.statistics import bootstrap_difference, paired, probability_of_better
from benchmarks.common.errors import BenchError
from benchmarks.records.store import ResultStore
from benchmarks.report.data.findings import Findings, read_findings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NAMED_AT_MOST = 20


@dataclass(frozen=True)
class RowPredictions:
    """One row: the labels it predicted, and whether they are correct; both of shape (seeds, n)."""

    name: str
    labels: NDArray[np.int64]
    correct: NDArray[np.bool_]


def explain(store: ResultStore, first: str, second: str) -> str:
    """Return how two rows of a run differ, and whether significantly; raises ``BenchError``."""
    findings = read_findings(store, {})
    a, b = (_row(findings, store, name) for name in (first, second))
    return "\n".join(
        [
            *(f"{row.name} classifies {_count(row)} correctly" for row in (a, b)),
            "",
            _two_by_two(a, b),
            "",
            _verdict(a, b),
            _f1_difference(findings.truth, a, b),
            *_over_seeds(a, b),
            "",
            *_disagreements(findings, a, b),
        ]
    )


def _row(findings: Findings, store: ResultStore, name: str) -> RowPredictions:
    import numpy as np

    board = findings.board
    rows = {row.name: keys for row, keys in zip(board.rows, board.keys, strict=True)}
    matching = [row for row in rows if name in (row, row.rpartition("@")[0])]
    if len(matching) != 1:
        where, existing = f"run '{findings.run}' on {findings.dataset}", ", ".join(matching or rows)
        raise BenchError(f"{where} has {'several rows' if matching else 'no row'} '{name}'; it has: {existing}")
    (name,) = matching
    predictions = [store.predictions(key) for key in rows[name]]
    labels = [one.labels for one in predictions if one]
    if len(labels) < len(predictions):
        raise BenchError(f"'{name}' has no stored predictions for every seed; run it again")
    return RowPredictions(name, np.stack(labels), np.stack([one == findings.truth for one in labels]))


def _count(row: RowPredictions) -> str:
    seeds = f" on average over {len(row.correct)} seeds" if len(row.correct) > 1 else ""
    return f"{row.correct.mean() * row.correct.shape[1]:,.10g} of {row.correct.shape[1]:,} images{seeds}"


def _two_by_two(a: RowPredictions, b: RowPredictions) -> str:
    """Return the counts of images that both, one or none classified correctly, with the first seed of each."""
    first, second = a.correct[0], b.correct[0]
    counts = [
        [f"{a.name} correct", int((first & second).sum()), int((first & ~second).sum())],
        [f"{a.name} wrong", int((~first & second).sum()), int((~first & ~second).sum())],
    ]
    return tabulate(counts, ["images", f"{b.name} correct", f"{b.name} wrong"])  # type: ignore[no-any-return]


def _verdict(a: RowPredictions, b: RowPredictions) -> str:
    p_value = paired(a.correct, b.correct)
    better = a if a.correct.mean() > b.correct.mean() else b
    significant = f"{better.name} is significantly better" if p_value < SIGNIFICANT else "not significantly different"
    return f"p = {p_value:.2g} (paired test, for this pair alone): {significant}"


def _f1_difference(truth: NDArray[np.int64], a: RowPredictions, b: RowPredictions) -> str:
    interval = bootstrap_difference(truth, a.labels[0], b.labels[0])
    low, high = (f"{bound * 100:+.2f}" for bound in (interval.low, interval.high))
    return f"macro F1 differs by {low} to {high} points (95 %, stratified paired bootstrap)"


def _over_seeds(a: RowPredictions, b: RowPredictions) -> list[str]:
    if min(len(a.correct), len(b.correct)) < 2:
        return []
    probability = probability_of_better(a.correct.mean(axis=1), b.correct.mean(axis=1))
    return [f"a run of {a.name} scores above one of {b.name} with probability {probability:.2f}"]


def _disagreements(findings: Findings, a: RowPredictions, b: RowPredictions) -> list[str]:
    lines = []
    for row, other in ((a, b), (b, a)):
        only = (row.correct[0] & ~other.correct[0]).nonzero()[0]
        more = f" and {len(only) - NAMED_AT_MOST} more" if len(only) > NAMED_AT_MOST else ""
        named = ", ".join(_image(findings, int(i), other) for i in only[:NAMED_AT_MOST])
        lines.append(f"only {row.name} classifies correctly: {named or 'none'}{more}")
    return lines


def _image(findings: Findings, i: int, wrong: RowPredictions) -> str:
    names: Sequence[str] = findings.audit.class_names
    return f"#{i} (a {names[findings.truth[i]]}, predicted {names[wrong.labels[0][i]]})"
