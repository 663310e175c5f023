"""What may be concluded from scores on one test set. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A confidence interval of a share."""

    low: float
    high: float


def wilson(n_right: float, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Return the score interval of a share of ``n_right`` in ``n`` (Wilson 1927)."""
    from scipy.stats import norm

    z = float(norm.ppf((1 + confidence) / 2))
    share = n_right / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    return Interval(max(0.0, centre - reach), min(1.0, centre + reach))


def mcnemar(first_right: NDArray[np.bool_], second_right: NDArray[np.bool_]) -> float:
    """Return the exact two-sided p-value that two models err equally often (McNemar 1947).

    Both arrays, of shape (n,), say for the same images which were read right. Only the images on
    which the models differ count: each is a fair coin if the models are equally good.
    """
    from scipy.stats import binomtest

    only_first = int((first_right & ~second_right).sum())
    only_second = int((second_right & ~first_right).sum())
    if only_first + only_second == 0:
        return 1.0
    return float(binomtest(only_first, only_first + only_second).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values corrected for their number by Holm's step-down method (Holm 1979)."""
    corrected = [1.0] * len(p_values)
    highest = 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[i]))
        corrected[i] = highest
    return corrected


def paired(first_right: NDArray[np.bool_], second_right: NDArray[np.bool_]) -> float:
    """Return the exact two-sided p-value that two models err equally often, each trained with one or more seeds.

    Both arrays have shape (seeds, n); the number of seeds may differ. Under the null hypothesis the
    difference of the two mean scores of each image has either sign with probability one half
    (the sign-flip test, Fisher 1935). With one seed each this is exact McNemar.
    """
    import numpy as np

    n_first, n_second = len(first_right), len(second_right)
    differences = first_right.sum(axis=0) * n_second - second_right.sum(axis=0) * n_first
    sizes, counts = np.unique(np.abs(differences[differences != 0]), return_counts=True)
    if not len(sizes):
        return 1.0
    chances = _chances_of_sums(sizes, counts)
    sums = np.arange(len(chances)) - len(chances) // 2
    return float(min(1.0, chances[np.abs(sums) >= abs(differences.sum())].sum()))


def _chances_of_sums(sizes: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the probability of every sum of ``counts`` terms of ``±sizes``, from the lowest sum to the highest."""
    import numpy as np
    from scipy.stats import binom

    chances = np.ones(1)
    for size, count in zip(sizes, counts, strict=True):
        # so many of the terms positive moves the sum in steps of twice their size
        steps = np.zeros(2 * size * count + 1)
        steps[:: 2 * size] = binom.pmf(np.arange(count + 1), count, 0.5)
        chances = np.convolve(chances, steps)
    return chances
