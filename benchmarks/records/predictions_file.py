"""Predictions of a trial as an npz file: labels in the smallest type that holds them, probabilities as float16."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from benchmarks.common.unreadable import UNREADABLE
from benchmarks.records.trial import TEST, Predictions


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


def unpacked_predictions(path: Path, evaluation_set: str) -> Predictions | None:
    """Return the predictions of an evaluation set that a file holds; None if it has none that can be read."""
    import numpy as np

    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            labels, probabilities = (array_name(name, evaluation_set) for name in ("y_pred", "y_prob"))
            return Predictions(arrays[labels].astype(np.int64), arrays.get(probabilities))
    except UNREADABLE:
        return None
