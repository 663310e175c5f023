"""Labels and predictions → scores. Pure; defined as in scikit-learn where it has the score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.records.trial import ClassScores, Measurement, Predictions, Scores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ECE_BINS = 15


def score(
    truth: NDArray[np.int64], predictions: Predictions, class_names: tuple[str, ...], measurement: Measurement
) -> Scores:
    """Score predictions of shape (n,) against the true labels of shape (n,).

    Precision, recall and F1 are macro averages over all classes, 0 where a class was never predicted.
    Log loss, Brier score and calibration error need probabilities; ``r2`` needs names that are numbers.
    """
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    classes = list(range(len(class_names)))
    labels = predictions.labels
    by_class = precision_recall_fscore_support(truth, labels, labels=classes, zero_division=0)
    precision, recall, f1, support = (values.tolist() for values in by_class)
    n_errors = int((truth != labels).sum())
    log_loss, brier, ece = _of_probabilities(truth, predictions.probabilities)
    return Scores(
        n_test=len(truth),
        n_errors=n_errors,
        accuracy=(len(truth) - n_errors) / len(truth),
        precision_macro=sum(precision) / len(classes),
        recall_macro=sum(recall) / len(classes),
        f1_macro=sum(f1) / len(classes),
        r2=_r2(truth, labels, class_names),
        log_loss=log_loss,
        brier=brier,
        ece=ece,
        train_accuracy=measurement.train_accuracy,
        n_train_scored=measurement.n_train_scored,
        confusion=tuple(map(tuple, confusion_matrix(truth, labels, labels=classes).tolist())),
        per_class=tuple(map(ClassScores, class_names, precision, recall, f1, support)),
    )


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
    """Return log loss in nats, the multi-class Brier score (0 to 2) and the calibration error."""
    if probabilities is None:
        return None, None, None
    import numpy as np
    from sklearn.metrics import log_loss

    normalized = probabilities.astype(np.float64)
    normalized /= normalized.sum(axis=1, keepdims=True)
    one_hot = np.eye(normalized.shape[1])[truth]
    brier = float(((normalized - one_hot) ** 2).sum(axis=1).mean())
    loss = float(log_loss(truth, normalized, labels=np.arange(normalized.shape[1])))
    return loss, brier, expected_calibration_error(truth, normalized)


def _r2(truth: NDArray[np.int64], labels: NDArray[np.int64], class_names: tuple[str, ...]) -> float | None:
    """Return R² of the label as a number; None where the classes are not numbers or the truth is constant."""
    from sklearn.metrics import r2_score

    if not all(name.isdecimal() for name in class_names) or len(set(truth.tolist())) < 2:
        return None
    import numpy as np

    values = np.array([int(name) for name in class_names])
    return float(r2_score(values[truth], values[labels]))
