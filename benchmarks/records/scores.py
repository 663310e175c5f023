"""Labels and predictions → scores. Pure.

Where scikit-learn has a score, this is the same to the last digits; importing it would take longer than the rest of a
small run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from benchmarks.records.trial import ClassScores, Measurement, Predictions, Scores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ECE_BINS = 15


def score(
    truth: NDArray[np.int64], predictions: Predictions, class_names: tuple[str, ...], measurement: Measurement
) -> Scores:
    """Score predictions of shape (n,) against the true labels of shape (n,).

    Precision, recall and F1 are macro averages over the classes that the truth has, 0 where one was never predicted.
    Log loss, Brier score and calibration error need probabilities; ``r2`` needs names that are numbers.
    """
    labels, n_classes = predictions.labels, len(class_names)
    confusion = confusion_matrix(truth, labels, n_classes)
    counts = ClassCounts.of(confusion)
    precision_macro, recall_macro, f1_macro = counts.macro
    n_errors = int((truth != labels).sum())
    log_loss, brier, ece = _of_probabilities(truth, predictions.probabilities)
    return Scores(
        n_test=len(truth),
        n_errors=n_errors,
        accuracy=(len(truth) - n_errors) / len(truth),
        precision_macro=precision_macro,
        recall_macro=recall_macro,
        f1_macro=f1_macro,
        r2=r2(truth, labels, class_names),
        log_loss=log_loss,
        brier=brier,
        ece=ece,
        train_accuracy=measurement.train_accuracy,
        n_train_scored=measurement.n_train_scored,
        confusion=tuple(map(tuple, confusion.tolist())),
        per_class=tuple(
            ClassScores(name, *of_class, support)
            for name, of_class, support in zip(class_names, counts.of_classes, counts.support, strict=True)
        ),
    )


@dataclass(frozen=True)
class ClassCounts:
    """What follows from a confusion matrix: precision, recall and F1 of each class, and its number of images."""

    of_classes: list[tuple[float, float, float]]
    support: list[int]

    @classmethod
    def of(cls, confusion: NDArray[np.int64]) -> Self:
        hits, n_true, n_predicted = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
        ratios = _ratios(hits, n_predicted), _ratios(hits, n_true), _ratios(2 * hits, n_true + n_predicted)
        return cls(list(zip(*ratios, strict=True)), n_true.tolist())

    @property
    def macro(self) -> tuple[float, float, float]:
        """The means of precision, recall and F1 over the classes that have images."""
        present = [ratios for ratios, support in zip(self.of_classes, self.support, strict=True) if support]
        precision, recall, f1 = (sum(ratios) / len(present) for ratios in zip(*present, strict=True))
        return precision, recall, f1


def confusion_matrix(truth: NDArray[np.int64], labels: NDArray[np.int64], n_classes: int) -> NDArray[np.int64]:
    """Return how many images of each class (down) were predicted as each (across): shape (n_classes, n_classes)."""
    import numpy as np

    return np.bincount(truth * n_classes + labels, minlength=n_classes**2).reshape(n_classes, n_classes)


def _ratios(counts: NDArray[np.int64], totals: NDArray[np.int64]) -> list[float]:
    """Return counts divided by totals, 0 where a total is."""
    return [count / total if total else 0.0 for count, total in zip(counts.tolist(), totals.tolist(), strict=True)]


def expected_calibration_error(truth: NDArray[np.int64], probabilities: NDArray[np.floating]) -> float:
    """Return the mean distance between confidence and accuracy (Guo et al. 2017).

    The images are put into 15 bins of equal width by the probability of the predicted label; each bin's
    distance is weighted by its share of the images.
    """
    import numpy as np

    _, correct, confidence = calibration_bins(truth, probabilities)
    return float(np.abs(correct - confidence).sum() / len(truth))


def calibration_bins(
    truth: NDArray[np.int64], probabilities: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return for each bin: the number of images, the number classified correctly, the sum of the confidences."""
    import numpy as np

    confidence = probabilities.max(axis=1).astype(np.float64)
    correct = probabilities.argmax(axis=1) == truth
    bins = np.clip(np.ceil(confidence * ECE_BINS).astype(int) - 1, 0, ECE_BINS - 1)
    counts, n_correct, confidences = (
        np.bincount(bins, weights, ECE_BINS).astype(np.float64) for weights in (None, correct, confidence)
    )
    return counts, n_correct, confidences


def _of_probabilities(
    truth: NDArray[np.int64], probabilities: NDArray[np.floating] | None
) -> tuple[float | None, float | None, float | None]:
    """Return log loss in nats, the multi-class Brier score (0 to 2) and the calibration error.

    A probability of 0 for the true class would make the log loss infinite; the smallest one that counts is 2.2e-16.
    """
    if probabilities is None:
        return None, None, None
    import numpy as np

    shares = probabilities.astype(np.float64)
    shares /= shares.sum(axis=1, keepdims=True)
    hits = np.eye(shares.shape[1])[truth]
    brier = float(((shares - hits) ** 2).sum(axis=1).mean())
    smallest = np.finfo(np.float64).eps
    of_truth = np.clip(shares[np.arange(len(truth)), truth], smallest, 1 - smallest)
    return float(-np.log(of_truth).mean()), brier, expected_calibration_error(truth, shares)


def r2(truth: NDArray[np.int64], labels: NDArray[np.int64], class_names: tuple[str, ...]) -> float | None:
    """Return R² of the label as a number; None where the classes are not numbers or the truth is constant."""
    if not all(name.isdecimal() for name in class_names) or len(set(truth.tolist())) < 2:
        return None
    import numpy as np

    values = np.array([int(name) for name in class_names], np.float64)
    expected, predicted = values[truth], values[labels]
    unexplained = ((expected - predicted) ** 2).sum()
    return float(1 - unexplained / ((expected - expected.mean()) ** 2).sum())
