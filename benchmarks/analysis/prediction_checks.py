"""What a model may predict: for each image one label that exists, and probabilities that sum to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.spec import Estimator


class InvalidPredictionError(ValueError):
    """The model's predictions cannot be scored; the message says why."""


def checked_labels(predicted: object, n_images: int, n_classes: int) -> NDArray[np.int64]:
    """Return the labels as integers of shape (n_images,); raise ``InvalidPredictionError`` if they are not that."""
    import numpy as np

    labels = np.asarray(predicted)
    if labels.shape != (n_images,):
        raise InvalidPredictionError(
            f"predict returned shape {labels.shape} for {n_images} images; it should be ({n_images},)"
        )
    if labels.dtype.kind not in "iufb":
        raise InvalidPredictionError(f"predict returned {labels.dtype} values; labels are whole numbers")
    if not np.isfinite(labels).all():
        raise InvalidPredictionError(
            f"predict returned NaN or infinity for {(~np.isfinite(labels)).sum()} of {n_images} images"
        )
    invalid = (labels != np.floor(labels)) | (labels < 0) | (labels >= n_classes)
    if invalid.any():
        raise InvalidPredictionError(
            f"predict returned {labels[invalid][0]}, which is no label; labels are 0 to {n_classes - 1}"
        )
    return labels.astype(np.int64)


def probabilities_from(model: Estimator, X: NDArray[np.float32], n_classes: int) -> NDArray[np.float32] | None:
    """Return a model's probabilities, checked; None if it has none. Raises ``InvalidPredictionError``."""
    predict_proba = getattr(model, "predict_proba", None)
    if predict_proba is None:
        return None
    return checked_probabilities(predict_proba(X), getattr(model, "classes_", None), len(X), n_classes)


def checked_probabilities(predicted: object, classes: object, n_images: int, n_classes: int) -> NDArray[np.float32]:
    """Return probabilities of shape (n_images, n_classes), columns in the order of the labels.

    ``classes`` are the labels of the columns, or None when they are all labels in order; a class
    that has no column has probability 0. Raises ``InvalidPredictionError``.
    """
    import numpy as np

    given = np.asarray(predicted, dtype=np.float32)
    columns = np.arange(n_classes) if classes is None else np.asarray(classes, dtype=np.int64)
    if given.shape != (n_images, len(columns)):
        raise InvalidPredictionError(
            f"predict_proba returned shape {given.shape}; it should be ({n_images}, {len(columns)})"
        )
    if not np.isfinite(given).all() or (given < -1e-6).any() or (abs(given.sum(axis=1) - 1) > 1e-3).any():
        raise InvalidPredictionError(
            "predict_proba returned rows that are no probabilities: they should be 0 to 1 and sum to 1"
        )
    probabilities = np.zeros((n_images, n_classes), np.float32)
    probabilities[:, columns] = given
    return probabilities
