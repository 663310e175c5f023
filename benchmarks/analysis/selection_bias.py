"""How far the best of many settings is better than it looks: tests and estimates for what was chosen. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SPLITS, FLIPS = 100, 2_000


def chosen_against_first(correct: NDArray[np.bool_], chosen: int, flips: int = FLIPS, seed: int = 0) -> float:
    """Return the one-sided p-value that a model, chosen among all but the first, is no better than the first.

    ``correct``, of shape (models, n), says which images each classified correctly. If all models err equally often, the
    differences of an image have either sign with probability one half, for all models together. The difference of the
    chosen one, in units of its spread, is compared with the largest one under each of ``flips`` random signs (Westfall
    & Young 1993): the number of the models does not make the p-value too small, nor do very bad ones make it too large.
    """
    import numpy as np

    differences = correct[1:].astype(np.float32) - correct[0].astype(np.float32)
    differences = differences[:, (differences != 0).any(axis=0)]
    spread = np.sqrt((differences**2).sum(axis=1, keepdims=True))
    if not spread[chosen - 1]:
        return 1.0
    differences = np.divide(differences, spread, out=np.zeros_like(differences), where=spread > 0)
    of_chosen = differences[chosen - 1].sum() * (1 - 1e-6)  # equal sums may differ in their last bits
    generator = np.random.default_rng(seed)
    signs = generator.integers(0, 2, (differences.shape[1], flips), dtype=np.int8).astype(np.float32) * 2 - 1
    as_large = int(((differences @ signs).max(axis=0) >= of_chosen).sum())
    return (as_large + 1) / (flips + 1)


def optimism(correct: NDArray[np.bool_], splits: int = SPLITS, seed: int = 0) -> float:
    """Return by how much the accuracy of the best model is expected to be too high, because it is the best of many.

    ``correct`` has shape (models, n). A nested split: the model that is best on one half of the images, the first of
    equal ones, is scored on the other half, which had no part in the choice; the mean difference over random
    ``splits``. Accuracies on all images vary less than those on half of them, by the square root of two, and so does
    what is gained by chance. At least 0, as for fewer than two models or images.
    """
    import numpy as np

    n_models, n = correct.shape
    if n_models < 2 or n < 2:
        return 0.0
    generator = np.random.default_rng(seed)
    totals, half = correct.sum(axis=1), n // 2
    differences = []
    for _ in range(splits):
        inside = correct[:, generator.permutation(n)[:half]].sum(axis=1)
        chosen = int(inside.argmax())
        differences.append(inside[chosen] / half - (totals[chosen] - inside[chosen]) / (n - half))
    return max(float(np.mean(differences)) / 2**0.5, 0.0)
