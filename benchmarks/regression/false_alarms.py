"""``python -m benchmarks.regression.false_alarms``: how often equal models are wrongly told apart.

Models of the same true error rate read 10,000 images, of which a small part is hard for all of them,
as on MNIST. A run is a false alarm if any model is declared worse than the one that happened to do
best. The promise is at most 5 % of runs, whatever the number of models.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks.leaderboard import SIGNIFICANT
from benchmarks.statistics import against_first

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

N_IMAGES, SHARE_HARD, ERROR_RATE = 10_000, 0.05, 0.01
NUMBERS_OF_MODELS = (2, 10, 20)
RUNS = 400


def main(words: Sequence[str]) -> int:
    """Print the share of false alarms; return 1 if one is above 5 % by more than the simulation's own error."""
    runs = int(words[0]) if words else RUNS
    allowed = SIGNIFICANT + 2 * (SIGNIFICANT * (1 - SIGNIFICANT) / runs) ** 0.5
    shares = {n_models: false_alarms(n_models, runs) for n_models in NUMBERS_OF_MODELS}
    for n_models, share in shares.items():
        print(f"{n_models:3} equal models: {share:.1%} of {runs} runs are false alarms (allowed {allowed:.1%})")
    return int(max(shares.values()) > allowed)


def false_alarms(n_models: int, runs: int, seed: int = 0) -> float:
    """Return the share of runs in which a model is told apart from the best of ``n_models`` equal ones."""
    import numpy as np

    generator = np.random.default_rng(seed)
    return sum(_is_false_alarm(_readings(n_models, generator)) for _ in range(runs)) / runs


def _readings(n_models: int, generator: np.random.Generator) -> list[NDArray[np.bool_]]:
    """Return which hard images each model reads right, the best model first; the others all read right."""
    chance = ERROR_RATE / SHARE_HARD
    right = generator.random((n_models, 1, int(N_IMAGES * SHARE_HARD))) >= chance
    return sorted(right, key=lambda one: -int(one.sum()))


def _is_false_alarm(models: list[NDArray[np.bool_]]) -> bool:
    return min(against_first(models)) < SIGNIFICANT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
