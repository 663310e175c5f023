"""Do a trial's record, its predictions and the labels of its dataset agree? Pure.

Counts agree exactly. Scores of probabilities are stored as they were measured, and the probabilities as float16; they
agree as far as that rounding allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose
from typing import TYPE_CHECKING

from benchmarks.records.scores import ECE_BINS, ClassCounts, confusion_matrix, r2
from benchmarks.records.trial import Predictions, Scores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EXACT = 1e-9
ROUNDING = 1e-3  # of float16 (2^-11, relative), and of rows that sum to one only nearly
SMALLEST = 6e-8  # float16 has nothing between this and 0


def fault_of_scores(scores: Scores) -> str:
    """Return where scores contradict their own confusion matrix; empty if they do not."""
    import numpy as np

    n_classes = len(scores.per_class)
    if scores.n_test == 0 or {len(scores.confusion), *map(len, scores.confusion)} != {n_classes}:
        return f"its confusion matrix is not one of {n_classes} classes and some images"
    confusion = np.array(scores.confusion, np.int64)
    if confusion.sum() != scores.n_test or confusion.trace() != scores.n_test - scores.n_errors:
        return "its confusion matrix does not sum to its numbers of images and errors"
    counts = ClassCounts.of(confusion)
    if [one.support for one in scores.per_class] != counts.support:
        return "its confusion matrix does not have the numbers of images of its classes"
    stored = (scores.accuracy, scores.precision_macro, scores.recall_macro, scores.f1_macro)
    expected = (1 - scores.n_errors / scores.n_test, *counts.macro)
    of_classes = [(one.precision, one.recall, one.f1) for one in scores.per_class]
    pairs = [*zip(stored, expected, strict=True), *zip(sum(of_classes, ()), sum(counts.of_classes, ()), strict=True)]
    same = all(isclose(one, other, abs_tol=EXACT) for one, other in pairs)
    return "" if same else "its accuracy, precision, recall or F1 is not that of its confusion matrix"


def fault_of_predictions(scores: Scores, predictions: Predictions) -> str:
    """Return where scores contradict what was predicted, as far as that shows without the true labels."""
    import numpy as np

    n_predicted = np.bincount(predictions.labels, minlength=len(scores.per_class))
    if (np.array(scores.confusion).sum(axis=0) != n_predicted).any():
        return "its confusion matrix is not that of its predictions"
    measured = {one is None for one in (scores.log_loss, scores.brier, scores.ece)}
    if measured != {predictions.probabilities is None}:
        return "it has scores of probabilities without them, or the other way round"
    return ""


def fault_of_labels(
    scores: Scores, predictions: Predictions, truth: NDArray[np.int64], class_names: tuple[str, ...]
) -> str:
    """Return where scores contradict the predictions and the true labels; empty if they do not."""
    import numpy as np

    if tuple(one.label for one in scores.per_class) != class_names:
        return "its classes are not those of the dataset"
    if predictions.labels.shape != truth.shape:
        return f"it has {len(predictions.labels)} predictions for {len(truth)} images"
    if (confusion_matrix(truth, predictions.labels, len(class_names)) != np.array(scores.confusion)).any():
        return "its scores are not those of its predictions"
    expected = r2(truth, predictions.labels, class_names)
    if not _same(scores.r2, expected):
        return f"its R² is {scores.r2}, and {expected} by its predictions"
    if predictions.probabilities is None:
        return ""
    wrong = [
        name
        for name, (low, high) in ranges(truth, predictions.probabilities).items()
        if not _within(scores, name, low, high)
    ]
    return f"its {wrong[0]} is not that of its probabilities" if wrong else ""


def ranges(truth: NDArray[np.int64], probabilities: NDArray[np.floating]) -> Mapping[str, tuple[float, float]]:
    """Return from where to where each score of probabilities may be, before they were rounded to float16."""
    import numpy as np

    everywhere, eps = np.arange(len(truth)), np.finfo(np.float64).eps
    shares = probabilities.astype(np.float32)
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), SMALLEST)
    of_truth = shares[everywhere, truth].astype(np.float64)
    brier = float((np.einsum("ij,ij->i", shares, shares) - 2 * of_truth + 1).mean())
    losses = [
        float(-np.log(np.clip(bound, eps, 1 - eps)).mean())
        for bound in (of_truth * (1 + 2 * ROUNDING) + SMALLEST, of_truth * (1 - 2 * ROUNDING) - SMALLEST)
    ]
    shares[everywhere, truth] = -1
    of_others = shares.max(axis=1).astype(np.float64)
    confidence = np.maximum(of_truth, of_others)
    bins = np.clip(np.ceil(confidence * ECE_BINS).astype(int) - 1, 0, ECE_BINS - 1)
    ece = float(abs(np.bincount(bins, (of_truth >= of_others) - confidence)).sum() / len(truth))
    # a rounded confidence may fall into the next bin, and another class may be the most probable
    edges = abs(confidence * ECE_BINS - np.rint(confidence * ECE_BINS)) < 2 * ROUNDING * ECE_BINS
    margin = 2 * ROUNDING + 2 * float((edges | (abs(of_truth - of_others) < 2 * ROUNDING)).mean())
    return {
        "log_loss": (losses[0] - EXACT, losses[1] + EXACT),
        "brier": (brier - 4 * ROUNDING, brier + 4 * ROUNDING),
        "ece": (ece - margin, ece + margin),
    }


def _same(one: float | None, other: float | None) -> bool:
    return one is other if one is None or other is None else isclose(one, other, rel_tol=EXACT, abs_tol=EXACT)


def _within(scores: Scores, name: str, low: float, high: float) -> bool:
    value = getattr(scores, name)
    return value is not None and low <= value <= high
