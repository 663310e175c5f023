from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.records.consistency import fault_of_labels, fault_of_predictions, fault_of_scores
from benchmarks.records.scores import score
from benchmarks.records.trial import Measurement, Predictions, Resources, Scores, Timing

NAMES = ("0", "1", "2", "3")
UNKNOWN = Measurement(Timing(), Resources())


def measured(seed: int, n: int, sharpness: float = 1.0) -> tuple[np.ndarray, Predictions, Scores]:
    """Return labels, predictions as they are stored, and the scores of the predictions as they were."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, len(NAMES), n)
    shares = generator.random((n, len(NAMES))) ** sharpness + 1e-12
    shares = (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
    labels = shares.argmax(axis=1)
    stored = Predictions(labels, shares.astype(np.float16))
    return truth, stored, score(truth, Predictions(labels, shares), NAMES, UNKNOWN)


def fault(scores: Scores, predictions: Predictions, truth: np.ndarray) -> str:
    return (
        fault_of_scores(scores)
        or fault_of_predictions(scores, predictions)
        or fault_of_labels(scores, predictions, truth, NAMES)
    )


@given(st.integers(0, 2**32), st.integers(1, 60), st.sampled_from([0.1, 1.0, 5.0, 50.0, 400.0]))
def test_scores_agree_with_what_is_stored_of_the_predictions(seed: int, n: int, sharpness: float) -> None:
    truth, predictions, scores = measured(seed, n, sharpness)
    assert fault(scores, predictions, truth) == ""


@pytest.mark.parametrize("share", [0.2, 1 / 3, 0.4, 0.6, 2 / 3, 0.8, 1.0])
def test_shares_at_the_edge_of_a_bin_are_no_fault(share: float) -> None:
    truth = np.arange(90) % 4
    shares = np.full((90, 4), (1 - share) / 3, np.float32)
    shares[np.arange(90), truth * (np.arange(90) < 60)] = share
    predictions = Predictions(shares.argmax(axis=1), shares)
    scores = score(truth, predictions, NAMES, UNKNOWN)
    assert fault(scores, replace(predictions, probabilities=shares.astype(np.float16)), truth) == ""


@given(st.integers(0, 2**32), st.data())
def test_another_prediction_is_found(seed: int, data: st.DataObject) -> None:
    truth, predictions, scores = measured(seed, 30)
    image = data.draw(st.integers(0, 29))
    labels = predictions.labels.copy()
    labels[image] = (labels[image] + data.draw(st.integers(1, 3))) % 4
    assert fault(scores, replace(predictions, labels=labels), truth)


CHANGES: dict[str, dict[str, Any]] = {
    "accuracy": {"accuracy": 0.999},
    "precision": {"precision_macro": 0.999},
    "errors": {"n_errors": 0, "accuracy": 1.0},
    "images": {"n_test": 41},
    "log loss": {"log_loss": 0.01},
    "no log loss": {"log_loss": None},
    "Brier score": {"brier": 0.01},
    "ECE": {"ece": 0.9},
    "R²": {"r2": 0.99},
    "no classes": {"per_class": (), "confusion": ()},
    "a ragged matrix": {"confusion": ((1,), (2, 3), (), (4,))},
}


@pytest.mark.parametrize("change", CHANGES)
def test_another_score_is_found(change: str) -> None:
    truth, predictions, scores = measured(0, 40)
    assert fault(replace(scores, **CHANGES[change]), predictions, truth)


def test_other_classes_and_other_labels_are_found() -> None:
    truth, predictions, scores = measured(0, 40)
    assert "classes" in fault_of_labels(scores, predictions, truth, ("a", "b", "c", "d"))
    assert "40 predictions for 39 images" in fault_of_labels(scores, predictions, truth[:-1], NAMES)
    assert fault_of_labels(scores, predictions, (truth + 1) % 4, NAMES)
