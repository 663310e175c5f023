"""Two rows of a leaderboard, compared in words."""

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
class Reader:
    """One row: what it said of each test image, and whether that was right; both of shape (seeds, n)."""

    name: str
    said: NDArray[np.int64]
    right: NDArray[np.bool_]


def explain(store: ResultStore, first: str, second: str) -> str:
    """Say how two rows of a run differ, and whether it is more than chance; raises ``BenchError``."""
    findings = read_findings(store, {})
    a, b = (_reader(findings, store, name) for name in (first, second))
    return "\n".join(
        [
            *(f"{reader.name} reads {_share(reader)} right" for reader in (a, b)),
            "",
            _two_by_two(a, b),
            "",
            _verdict(a, b),
            _f1_difference(findings.truth, a, b),
            *_chance_over_seeds(a, b),
            "",
            *_disagreements(findings, a, b),
        ]
    )


def _reader(findings: Findings, store: ResultStore, name: str) -> Reader:
    import numpy as np

    board = findings.board
    rows = {f"{row.model}@{row.features}": keys for row, keys in zip(board.rows, board.keys, strict=True)}
    meant = [row for row in rows if name in (row, row.rpartition("@")[0])]
    if len(meant) != 1:
        where, there = f"run '{findings.run}' on {findings.dataset}", ", ".join(meant or rows)
        raise BenchError(f"{where} has {'several rows' if meant else 'no row'} '{name}'; it has: {there}")
    (name,) = meant
    predictions = [store.predictions(key) for key in rows[name]]
    said = [one.labels for one in predictions if one]
    if len(said) < len(predictions):
        raise BenchError(f"'{name}' has no stored predictions for every seed; run it again")
    return Reader(name, np.stack(said), np.stack([labels == findings.truth for labels in said]))


def _share(reader: Reader) -> str:
    seeds = f" on average over {len(reader.right)} seeds" if len(reader.right) > 1 else ""
    return f"{reader.right.mean() * reader.right.shape[1]:,.10g} of {reader.right.shape[1]:,} images{seeds}"


def _two_by_two(a: Reader, b: Reader) -> str:
    """Return the counts of images that both, one or none read right, with the first seed of each."""
    first, second = a.right[0], b.right[0]
    counts = [
        [f"{a.name} right", int((first & second).sum()), int((first & ~second).sum())],
        [f"{a.name} wrong", int((~first & second).sum()), int((~first & ~second).sum())],
    ]
    return tabulate(counts, ["images", f"{b.name} right", f"{b.name} wrong"])  # type: ignore[no-any-return]


def _verdict(a: Reader, b: Reader) -> str:
    p_value = paired(a.right, b.right)
    better = a if a.right.mean() > b.right.mean() else b
    said = f"{better.name} is better" if p_value < SIGNIFICANT else "the difference could be chance"
    return f"p = {p_value:.2g} (paired test, for this pair alone): {said}"


def _f1_difference(truth: NDArray[np.int64], a: Reader, b: Reader) -> str:
    interval = bootstrap_difference(truth, a.said[0], b.said[0])
    low, high = (f"{bound * 100:+.2f}" for bound in (interval.low, interval.high))
    return f"macro F1 differs by {low} to {high} points (95 %, stratified paired bootstrap)"


def _chance_over_seeds(a: Reader, b: Reader) -> list[str]:
    if min(len(a.right), len(b.right)) < 2:
        return []
    chance = probability_of_better(a.right.mean(axis=1), b.right.mean(axis=1))
    return [f"a run of {a.name} scores above one of {b.name} with probability {chance:.2f}"]


def _disagreements(findings: Findings, a: Reader, b: Reader) -> list[str]:
    lines = []
    for reader, other in ((a, b), (b, a)):
        only = (reader.right[0] & ~other.right[0]).nonzero()[0]
        more = f" and {len(only) - NAMED_AT_MOST} more" if len(only) > NAMED_AT_MOST else ""
        named = ", ".join(_image(findings, int(i), other) for i in only[:NAMED_AT_MOST])
        lines.append(f"only {reader.name} reads right: {named or 'none'}{more}")
    return lines


def _image(findings: Findings, i: int, wrong: Reader) -> str:
    names: Sequence[str] = findings.audit.class_names
    return f"#{i} (a {names[findings.truth[i]]}, read as {names[wrong.said[0][i]]})"
