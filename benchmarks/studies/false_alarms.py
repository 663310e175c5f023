"""``python -m benchmarks.studies.false_alarms``: the false-positive rate of the significance tests.

Simulated models of equal error rate classify 10,000 images, of which a small part is hard for all of them, as on MNIST.
A run is a false positive if any model is significantly worse than the one that happened to be best. The requirement is
at most 5 % of runs for any number of models and seeds. For comparison: Holm's correction over the pairs with the best
only, which does not control the rate, because the best was selected.
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
SEEDS = ((1,), (1, 3, 5))  # of the models, cyclically: equal, and as in the published run
RUNS = 400


def main(arguments: Sequence[str]) -> int:
    """Print the false-positive rates; return 1 if one exceeds 5 % by more than the simulation's error."""
    runs = int(arguments[0]) if arguments else RUNS
    limit = SIGNIFICANT + 2 * (SIGNIFICANT * (1 - SIGNIFICANT) / runs) ** 0.5
    print(f"false positives in {runs} runs, over all pairs (limit {limit:.1%}), and over pairs with the best only")
    highest = 0.0
    for seeds in SEEDS:
        for n_models in NUMBERS_OF_MODELS:
            share, with_best = false_positive_rates(n_models, runs, seeds)
            print(f"{n_models:3} equal models, {'/'.join(map(str, seeds))} seeds: {share:.1%}, {with_best:.1%}")
            highest = max(highest, share)
    return int(highest > limit)


def false_positive_rates(n_models: int, runs: int, seeds: Sequence[int] = (1,)) -> tuple[float, float]:
    """Return the rates of runs in which a model is significantly worse than the best of ``n_models`` equal ones.

    The first is corrected over all pairs, as in digitbench, the second over the pairs with the best only. ``seeds``:
    numbers of seeds of the models, cyclically.
    """
    import numpy as np

    generator = np.random.default_rng(0)
    outcomes = np.array([_is_false_positive(_simulate(islice(cycle(seeds), n_models), generator)) for _ in range(runs)])
    over_all, with_best = outcomes.mean(axis=0).tolist()
    return over_all, with_best


def _simulate(seeds: Iterable[int], generator: np.random.Generator) -> list[NDArray[np.bool_]]:
    """Return which hard images each model classifies correctly, shape (seeds, n), the best model first."""
    chance = ERROR_RATE / SHARE_HARD
    correct = [generator.random((n_seeds, int(N_IMAGES * SHARE_HARD))) >= chance for n_seeds in seeds]
    return sorted(correct, key=lambda one: -float(one.mean()))


def _is_false_positive(models: list[NDArray[np.bool_]]) -> tuple[bool, bool]:
    best, *others = models
    with_best = holm([paired(best, other) for other in others])
    return min(against_first(models)) < SIGNIFICANT, min(with_best) < SIGNIFICANT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
