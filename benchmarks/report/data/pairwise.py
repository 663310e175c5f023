"""Pairs of rows: how often their predictions agree, and whether their error rates differ significantly. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log

from benchmarks.analysis.leaderboard import SIGNIFICANT, Leaderboard
from benchmarks.records.trial import Predictions
from benchmarks.report.data.findings import Findings
from benchmarks.report.data.summary import name

SMALLEST_P = 1e-3


@dataclass(frozen=True)
class Cell:
    """The figure of a pair of rows; ``strength``, 0 to 1: how much it is tinted."""

    text: str
    strength: float = 0.0
    significant: bool = True


@dataclass(frozen=True)
class Matrix:
    """A figure for every pair of rows, in the order of the leaderboard; empty where there is none."""

    names: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]


def agreement(of_rows: Sequence[Predictions | None]) -> dict[tuple[int, int], float]:
    """Return the fraction of test images for which both of a pair (i, j), i < j, predict the same label."""
    return {
        (i, j): float((first.labels == second.labels).mean())
        for (i, first), (j, second) in combinations(enumerate(of_rows), 2)
        if first is not None and second is not None
    }


def agreement_matrix(findings: Findings) -> Matrix:
    """Return how often two rows predict the same, in % of the test images; their first seeds are compared."""
    fractions = agreement(findings.first_predictions())
    disagreement = [log(1 - fraction) for fraction in fractions.values() if fraction < 1]
    most, least = max(disagreement, default=0.0), min(disagreement, default=0.0)

    def cell(fraction: float) -> Cell:
        strength = (most - log(1 - fraction)) / (most - least) if fraction < 1 and most > least else 1.0
        return Cell(f"{fraction * 100:.1f}", strength)

    return _matrix(findings, {pair: cell(fraction) for pair, fraction in fractions.items()})


def p_value_matrix(board: Leaderboard, findings: Findings) -> Matrix:
    """Return the corrected p-value of every pair of rows."""
    return _matrix(findings, {pair: _p_cell(p_value) for pair, p_value in board.p_values.items()})


def _p_cell(p_value: float) -> Cell:
    return Cell(p_text(p_value), significant=p_value < SIGNIFICANT)


def p_text(p_value: float) -> str:
    """Return a p-value with three decimals."""
    return f"<{SMALLEST_P:g}" if p_value < SMALLEST_P else "1" if p_value == 1 else f"{p_value:.3f}"


def _matrix(findings: Findings, of_pairs: dict[tuple[int, int], Cell]) -> Matrix:
    names = tuple(name(row) for row, _ in findings.rows())
    places = range(len(names))
    nothing = Cell("")
    return Matrix(names, tuple(tuple(of_pairs.get((min(i, j), max(i, j)), nothing) for j in places) for i in places))
