"""Which candidates are the digits of a number: the division of all atoms with the least cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.inference.reading.atoms import Atoms, Boundary, Candidate


@dataclass(frozen=True)
class Costs:
    """What a division costs, in nats of the model's certainty.

    ``digit``: each digit. ``cut``: of each cut, and ``ink`` for each height of the line that it runs through ink.
    ``join``: two pieces in one digit, and ``distance`` for each height of the line between them. ``wide``: for each
    height of the line that a digit is wider than ``width``; ``low``: that it is lower than ``height``. No probability
    counts as less than ``floor``. Chosen on the validation digits (``benchmarks.studies.number_strings --choose``).
    """

    digit: float = 0.5
    cut: float = 1.0
    ink: float = 6.0
    join: float = 2.0
    distance: float = 10.0
    wide: float = 4.0
    width: float = 0.9
    low: float = 6.0
    height: float = 0.7
    floor: float = 1e-3


COSTS = Costs()


def divide(
    atoms: Atoms, candidates: Sequence[Candidate], certainty: Sequence[float], costs: Costs = COSTS
) -> list[int]:
    """Return which candidates are the digits, from left to right, by their places.

    ``certainty``: the probability of the predicted class of each; all of them 1 for a model without probabilities.
    """
    ending: dict[int, list[int]] = {}
    for i, candidate in enumerate(candidates):
        ending.setdefault(candidate.last + 1, []).append(i)
    best: dict[int, tuple[float, list[int]]] = {0: (0.0, [])}
    for end in range(1, len(atoms.boxes) + 1):
        found = []
        for i in ending[end]:
            cost, before = best[candidates[i].first]
            own = digit_cost(atoms, candidates[i], certainty[i], costs)
            found.append((cost + own, [*before, i]))
        cost, chosen = min(found)
        after = atoms.boundaries[end - 1] if end < len(atoms.boxes) else Boundary(None)
        best[end] = cost + (0.0 if after.cut is None else costs.cut + costs.ink * after.cut), chosen
    return best[len(atoms.boxes)][1]


def digit_cost(atoms: Atoms, candidate: Candidate, probability: float, costs: Costs) -> float:
    """Return how unlikely a candidate is to be one digit."""
    inside = atoms.boundaries[candidate.first : candidate.last]
    joins = sum(costs.join + costs.distance * max(one.distance, 0.0) for one in inside if one.cut is None)
    too_wide = max(candidate.box.width / atoms.height - costs.width, 0.0)
    too_low = max(costs.height - candidate.box.height / atoms.height, 0.0)
    certainty = -math.log(max(probability, costs.floor))
    return costs.digit + certainty + joins + costs.wide * too_wide + costs.low * too_low
