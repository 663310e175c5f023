"""Which candidates are the digits of a number: the division of all atoms with the least cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.inference.reading.atoms import Atoms, Candidate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LEAST = 1e-3  # no probability counts as less: models are too certain
LEAST_LIKENESS = 0.01  # the same of being one whole digit: other pens than those of MNIST look strange
USUAL_WIDTH, USUAL_HEIGHT = 0.9, 0.7  # of the line's height; digits are seldom wider, or lower


@dataclass(frozen=True)
class Costs:
    """What a division costs, in nats of the model's certainty.

    ``digit``: each digit. ``unlike``: each nat by which it is unlike one whole digit. ``cut``: each cut, and ``ink``
    each height of the line that it runs through ink. ``join``: two pieces in one digit, and ``distance`` each height
    of the line between them. ``wide`` and ``low``: the square of what a digit is wider, or lower, than usual, in
    heights of the line. Chosen on validation digits by ``benchmarks.studies.number_strings --choose``.
    """

    digit: float = 0.1
    unlike: float = 1.5
    cut: float = 0.05
    ink: float = 1.4
    join: float = 4.0
    distance: float = 8.0
    wide: float = 40.0
    low: float = 10.0


COSTS = Costs()


@dataclass(frozen=True)
class Evidence:
    """What is known of the candidates of a picture, arrays of shape (n_candidates,), and of the atoms' boundaries.

    ``surprise`` and ``unlike``: the negative logarithms of the probability of the predicted class, and of being one
    whole digit. ``joins``, ``distance``: how many pieces are joined, and over what distance. ``cuts``: of each boundary
    the share of ink, None between pieces.
    """

    candidates: Sequence[Candidate]
    cuts: Sequence[float | None]
    surprise: Floats
    unlike: Floats
    joins: Floats
    distance: Floats
    too_wide: Floats
    too_low: Floats

    def digit_costs(self, costs: Costs) -> list[float]:
        """Return what each candidate costs as a digit."""
        total = costs.digit + self.surprise + costs.unlike * self.unlike
        total += costs.join * self.joins + costs.distance * self.distance
        total += costs.wide * self.too_wide**2 + costs.low * self.too_low**2
        found: list[float] = total.tolist()
        return found


def evidence_of(
    atoms: Atoms, candidates: Sequence[Candidate], certainty: Sequence[float], likeness: Sequence[float]
) -> Evidence:
    """Return what is known of candidates: how certain their class is, and that they are one whole digit."""
    import numpy as np

    joined = np.array([0.0, *(one.cut is None for one in atoms.boundaries)]).cumsum()
    apart = np.array([0.0, *(max(one.distance, 0.0) for one in atoms.boundaries)]).cumsum()
    firsts = [one.first for one in candidates]
    lasts = [one.last for one in candidates]
    height = max(atoms.height, 1)
    return Evidence(
        candidates,
        [one.cut for one in atoms.boundaries],
        -np.log(np.maximum(np.asarray(certainty, np.float64), LEAST)),
        -np.log(np.maximum(np.asarray(likeness, np.float64), LEAST_LIKENESS)),
        joined[lasts] - joined[firsts],
        apart[lasts] - apart[firsts],
        np.maximum(np.array([one.box.width / height for one in candidates]) - USUAL_WIDTH, 0),
        np.maximum(USUAL_HEIGHT - np.array([one.box.height / height for one in candidates]), 0),
    )


def divide(evidence: Evidence, costs: Costs = COSTS) -> list[int]:
    """Return which candidates are the digits, from left to right, by their places; none where there are none."""
    if not evidence.candidates:
        return []
    own = evidence.digit_costs(costs)
    ending: dict[int, list[int]] = {}
    for i, candidate in enumerate(evidence.candidates):
        ending.setdefault(candidate.last + 1, []).append(i)
    best: list[tuple[float, int]] = [(0.0, -1)]
    for end in range(1, len(evidence.cuts) + 2):
        cost, i = min((best[evidence.candidates[i].first][0] + own[i], i) for i in ending[end])
        ink = evidence.cuts[end - 1] if end <= len(evidence.cuts) else None
        best.append((cost + (0.0 if ink is None else costs.cut + costs.ink * ink), i))
    chosen: list[int] = []
    end = len(evidence.cuts) + 1
    while end:
        chosen.append(best[end][1])
        end = evidence.candidates[chosen[-1]].first
    return chosen[::-1]
