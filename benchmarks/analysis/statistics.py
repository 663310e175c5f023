"""Intervals, significance tests and corrections for scores on one test set. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A confidence interval."""

    low: float
    high: float


def wilson(n_correct: float, n: int, confidence: float = CONFIDENCE) -> Interval:
    """Return the score interval of a proportion of ``n_correct`` in ``n`` (Wilson 1927)."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    proportion = n_correct / n
    centre = (proportion + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * (proportion * (1 - proportion) / n + z * z / (4 * n * n)) ** 0.5
    return Interval(max(0.0, centre - reach), min(1.0, centre + reach))


def mcnemar(first_correct: NDArray[np.bool_], second_correct: NDArray[np.bool_]) -> float:
    """Return the exact two-sided p-value that two models err equally often (McNemar 1947).

    Both arrays, of shape (n,), say which of the same images were classified correctly. Only the images on
    which the models differ count: each is a fair coin if the models are equally good.
    """
    return paired(first_correct[None], second_correct[None])


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values corrected for their number by Holm's step-down method (Holm 1979)."""
    corrected = [1.0] * len(p_values)
    highest = 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[i]))
        corrected[i] = highest
    return corrected


def paired(first_correct: NDArray[np.bool_], second_correct: NDArray[np.bool_]) -> float:
    """Return the two-sided p-value that two models err equally often, each trained with one or more seeds.

    Both arrays have shape (seeds, n). Under the null hypothesis the difference of the two mean scores of
    each image has either sign with probability one half (the sign-flip test, Fisher 1935). With one seed
    each this is exact McNemar. Where one model has more seeds than the other that probability is close to
    one half, not equal to it; ``benchmarks.studies.false_alarms`` shows what it does to the tests.
    """
    import numpy as np

    n_first, n_second = len(first_correct), len(second_correct)
    differences = first_correct.sum(axis=0) * n_second - second_correct.sum(axis=0) * n_first
    sizes, counts = np.unique(np.abs(differences[differences != 0]), return_counts=True)
    if not len(sizes):
        return 1.0
    chances = _chances_of_sums(sizes, counts)
    sums = np.arange(len(chances)) - len(chances) // 2
    return float(min(1.0, chances[np.abs(sums) >= abs(differences.sum())].sum()))


def _chances_of_sums(sizes: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the probability of every sum of ``counts`` terms of ``±sizes``, from the lowest sum to the highest."""
    import numpy as np

    chances = np.ones(1)
    for size, count in zip(sizes, counts, strict=True):
        # so many of the terms positive moves the sum in steps of twice their size
        steps = np.zeros(2 * size * count + 1)
        steps[:: 2 * size] = _binomial(count)
        chances = np.convolve(chances, steps)
    return chances


def _binomial(n: int) -> NDArray[np.float64]:
    """Return the probabilities of 0 to n heads of n fair coins."""
    import numpy as np
    from scipy.special import gammaln

    heads = np.arange(n + 1)
    logarithms = gammaln(n + 1) - gammaln(heads + 1) - gammaln(n - heads + 1) - n * np.log(2)
    return np.asarray(np.exp(logarithms))


def against_first(models: Sequence[NDArray[np.bool_]]) -> list[float]:
    """Return, for each model, the corrected p-value that it errs as often as the first; 1 for the first itself.

    Each array, of shape (seeds, n), says which images a model classified correctly. The first may be chosen
    because it did best. That choice looks at every pair of models, so Holm's correction is over all
    pairs; over the pairs with the first alone, equal models would be found different far too often.
    """
    corrected = of_pairs(models)
    return [corrected.get((0, i), 1.0) for i in range(len(models))]


def of_pairs(models: Sequence[NDArray[np.bool_]]) -> dict[tuple[int, int], float]:
    """Return the p-value that both models of a pair (i, j), i < j, err equally often, Holm-corrected over all pairs.

    Each array, of shape (seeds, n), says which images a model classified correctly.
    """
    pairs = list(itertools.combinations(range(len(models)), 2))
    return dict(zip(pairs, holm([paired(models[i], models[j]) for i, j in pairs]), strict=True))


def cochran_q(correct: NDArray[np.bool_]) -> float:
    """Return the p-value that all models, of shape (models, n), err equally often (Cochran 1950).

    Asymptotic: the statistic is chi-squared with one degree of freedom fewer than there are models.
    """
    from scipy.special import chdtrc

    k = len(correct)
    by_model, by_image = correct.sum(axis=1), correct.sum(axis=0)
    spread = float((by_image * (k - by_image)).sum())
    if spread == 0:
        return 1.0
    q = (k - 1) * (k * (by_model**2).sum() - by_model.sum() ** 2) / spread
    return float(chdtrc(k - 1, q))


@dataclass(frozen=True)
class OverSeeds:
    """Scores of one model with several seeds: ``low`` and ``high`` bound the mean; None with one seed."""

    mean: float
    deviation: float | None
    low: float | None
    high: float | None


def over_seeds(scores: Sequence[float], confidence: float = CONFIDENCE) -> OverSeeds:
    """Return mean, standard deviation and Student's interval of the mean over seeds."""
    import numpy as np

    mean, n = float(np.mean(scores)), len(scores)
    if n < 2:
        return OverSeeds(mean, None, None, None)
    from scipy.special import stdtrit

    deviation = float(np.std(scores, ddof=1))
    reach = float(stdtrit(n - 1, (1 + confidence) / 2)) * deviation / n**0.5
    return OverSeeds(mean, deviation, mean - reach, mean + reach)


def probability_of_better(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the probability that one run of the first model scores above one of the second (Bouthillier et al. 2021).

    Estimated over all pairs of runs; equal scores count half. 0.75 or more is called meaningful there.
    """
    import numpy as np

    differences = np.subtract.outer(first, second)
    return float((differences > 0).mean() + (differences == 0).mean() / 2)


def macro_f1(confusions: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the macro F1 of confusion matrices of shape (..., classes, classes), a row for each true class.

    It is over the classes that have images.
    """
    import numpy as np

    hits = np.diagonal(confusions, axis1=-2, axis2=-1)
    predicted_or_true = confusions.sum(axis=-1) + confusions.sum(axis=-2)
    f1: NDArray[np.float64] = np.divide(
        2 * hits, predicted_or_true, out=np.zeros(hits.shape), where=predicted_or_true > 0
    )
    return np.asarray(f1.mean(axis=-1, where=confusions.sum(axis=-1) > 0))


def bootstrap_difference(
    labels: NDArray[np.int64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    score: Callable[[NDArray[np.int64]], NDArray[np.float64]] = macro_f1,
    resamples: int = 10_000,
    seed: int = 0,
) -> Interval:
    """Return the 95 % percentile interval of the difference of a score between two models (Efron 1979).

    The images are resampled within each class, and for both models alike. ``score`` turns confusion
    matrices of shape (resamples, classes, classes) into scores of shape (resamples,). Within a class
    only the pair of predictions matters, so drawing images is drawing the counts of those pairs.

    Parameters
    ----------
    labels, first, second
        The true labels and what the two models predicted, each of shape (n,).
    """
    import numpy as np

    generator = np.random.default_rng(seed)
    n_classes = int(max(labels.max(), first.max(), second.max())) + 1
    matrices = np.zeros((2, resamples, n_classes, n_classes), np.int64)
    for label in np.unique(labels):
        of_class = labels == label
        predicted, counts = np.unique(np.stack([first[of_class], second[of_class]]), axis=1, return_counts=True)
        drawn = generator.multinomial(counts.sum(), counts / counts.sum(), size=resamples)
        for labels_of_model, matrix in zip(predicted, matrices, strict=True):
            np.add.at(matrix[:, label].T, labels_of_model, drawn.T)
    low, high = np.percentile(score(matrices[0]) - score(matrices[1]), [2.5, 97.5])
    return Interval(float(low), float(high))
