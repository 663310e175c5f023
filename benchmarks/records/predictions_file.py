"""Predictions of a trial as an npz file: labels in the smallest type that holds them, probabilities as float16."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from benchmarks.records.array_files import array, read_arrays
from benchmarks.records.trial import TEST, Predictions, Scores
from benchmarks.records.trial_file import DamagedFileError

MARGIN = 1e-3  # a float16 just above 1


def array_name(name: str, evaluation_set: str) -> str:
    """Return the name of an array in a file of predictions: ``y_pred``, ``y_pred@shifted``."""
    return name if evaluation_set == TEST else f"{name}@{evaluation_set}"


def packed_predictions(predictions: Mapping[str, Predictions]) -> bytes:
    """Return predictions by evaluation set as an npz file."""
    import numpy as np

    arrays = {}
    for evaluation_set, of_set in predictions.items():
        smallest = np.min_scalar_type(int(of_set.labels.max(initial=0)))
        arrays[array_name("y_pred", evaluation_set)] = of_set.labels.astype(smallest)
        if of_set.probabilities is not None:
            arrays[array_name("y_prob", evaluation_set)] = of_set.probabilities.astype(np.float16)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def read_predictions(path: Path, evaluation: Mapping[str, Scores]) -> dict[str, Predictions]:
    """Return the predictions for each evaluation set that a trial has scores on, with their lengths and ranges checked.

    Raises FileNotFoundError or ``DamagedFileError``.
    """
    import numpy as np

    arrays, found = read_arrays(path), {}
    for name, scores in evaluation.items():
        n_classes = len(scores.per_class)
        labels = array(arrays, array_name("y_pred", name), "ui", (scores.n_test,)).astype(np.int64)
        if labels.min() < 0 or labels.max() >= n_classes:
            raise DamagedFileError(f"it has labels from {labels.min()} to {labels.max()}, of {n_classes} classes")
        shares = array_name("y_prob", name)
        probabilities = array(arrays, shares, "f", (scores.n_test, n_classes)) if shares in arrays else None
        # NaN fails both comparisons
        if probabilities is not None and not (probabilities.min() >= 0 and probabilities.max() <= 1 + MARGIN):
            raise DamagedFileError(f"its array {shares} holds what is no probability")
        found[name] = Predictions(labels, probabilities)
    return found
