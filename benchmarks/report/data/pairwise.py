"""What is said across models: who agrees with whom, and whether two rows differ by more than chance. Pure."""

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
    """What a pair of rows has to say; ``strength``, 0 to 1, is how much it is tinted; ``tied`` pairs stand out."""

    text: str
    strength: float = 0.0
    tied: bool = False


@dataclass(frozen=True)
class Matrix:
    """A figure for every pair of rows, in the order of the leaderboard; empty where there is none."""

    names: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]


def agreement(of_rows: Sequence[Predictions | None]) -> dict[tuple[int, int], float]:
    """Return the share of test images on which both of a pair (i, j), i < j, say the same."""
    return {
        (i, j): float((first.labels == second.labels).mean())
        for (i, first), (j, second) in combinations(enumerate(of_rows), 2)
        if first is not None and second is not None
    }


def agreement_matrix(findings: Findings) -> Matrix:
    """Return how often two rows say the same, in % of the test images; their first seeds are compared."""
    shares = agreement(findings.first_predictions())
    apart = [log(1 - share) for share in shares.values() if share < 1]
    most, least = max(apart, default=0.0), min(apart, default=0.0)

    def cell(share: float) -> Cell:
        strength = (most - log(1 - share)) / (most - least) if share < 1 and most > least else 1.0
        return Cell(f"{share * 100:.1f}", strength)

    return _matrix(findings, {pair: cell(share) for pair, share in shares.items()})


def p_value_matrix(board: Leaderboard, findings: Findings) -> Matrix:
    """Return the corrected p-value of every pair of rows."""
    return _matrix(findings, {pair: _p_cell(p_value) for pair, p_value in board.p_values.items()})


def _p_cell(p_value: float) -> Cell:
    return Cell(p_text(p_value), tied=p_value >= SIGNIFICANT)


def p_text(p_value: float) -> str:
    """Say a p-value with three decimals."""
    return f"<{SMALLEST_P:g}" if p_value < SMALLEST_P else "1" if p_value == 1 else f"{p_value:.3f}"


def _matrix(findings: Findings, of_pairs: dict[tuple[int, int], Cell]) -> Matrix:
    names = tuple(name(row) for row, _ in findings.rows())
    places = range(len(names))
    nothing = Cell("")
    return Matrix(names, tuple(tuple(of_pairs.get((min(i, j), max(i, j)), nothing) for j in places) for i in places))
