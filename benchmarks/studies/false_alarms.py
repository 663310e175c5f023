"""``python -m benchmarks.studies.false_alarms``: how often equal models are wrongly told apart.

Models of the same true error rate read 10,000 images, of which a small part is hard for all of them,
as on MNIST. A run is a false alarm if any model is declared worse than the one that happened to do
best. The promise is at most 5 % of runs, whatever the number of models and of their seeds. Beside it stands what
Holm's correction over the pairs with the best alone would give, which promises nothing: the best was chosen.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from itertools import cycle, islice
from typing import TYPE_CHECKING

from benchmarks.analysis.leaderboard import SIGNIFICANT
from benchmarks.analysis.statistics import against_first, holm, paired

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

N_IMAGES, SHARE_HARD, ERROR_RATE = 10_000, 0.05, 0.01
NUMBERS_OF_MODELS = (2, 10, 20)
SEEDS = ((1,), (1, 3, 5))  # of the models, in turn: all alike, and as in the published run
RUNS = 400


def main(words: Sequence[str]) -> int:
    """Print the shares of false alarms; return 1 if one is above 5 % by more than the simulation's own error."""
    runs = int(words[0]) if words else RUNS
    allowed = SIGNIFICANT + 2 * (SIGNIFICANT * (1 - SIGNIFICANT) / runs) ** 0.5
    print(f"false alarms in {runs} runs, over all pairs (allowed {allowed:.1%}), and over those with the best alone")
    highest = 0.0
    for seeds in SEEDS:
        for n_models in NUMBERS_OF_MODELS:
            share, with_best = false_alarms(n_models, runs, seeds)
            print(f"{n_models:3} equal models, {'/'.join(map(str, seeds))} seeds: {share:.1%}, {with_best:.1%}")
            highest = max(highest, share)
    return int(highest > allowed)


def false_alarms(n_models: int, runs: int, seeds: Sequence[int] = (1,)) -> tuple[float, float]:
    """Return the shares of runs in which a model is told apart from the best of ``n_models`` equal ones.

    The first is with the suite's correction, over all pairs, the second over the pairs with the best alone. ``seeds``:
    how many the models have, in turn.
    """
    import numpy as np

    generator = np.random.default_rng(0)
    alarms = np.array([_alarms(_readings(islice(cycle(seeds), n_models), generator)) for _ in range(runs)])
    over_all, with_best = alarms.mean(axis=0).tolist()
    return over_all, with_best


def _readings(seeds: Iterable[int], generator: np.random.Generator) -> list[NDArray[np.bool_]]:
    """Return which hard images each model reads right, shape (seeds, n), the best model first; all read the others."""
    chance = ERROR_RATE / SHARE_HARD
    right = [generator.random((n_seeds, int(N_IMAGES * SHARE_HARD))) >= chance for n_seeds in seeds]
    return sorted(right, key=lambda one: -float(one.mean()))


def _alarms(models: list[NDArray[np.bool_]]) -> tuple[bool, bool]:
    best, *others = models
    with_best = holm([paired(best, other) for other in others])
    return min(against_first(models)) < SIGNIFICANT, min(with_best) < SIGNIFICANT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
