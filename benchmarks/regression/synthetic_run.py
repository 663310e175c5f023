"""A synthetic run on disk, always the same, for timing reading and reporting."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.common.atomic_files import write_json
from benchmarks.provenance.environment import current_environment
from benchmarks.records.dataset_file import DATASET_FILE, DatasetRecord
from benchmarks.records.scores import score
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import Inputs, Latency, Measurement, Predictions, Resources, Timing, Trial, TrialResult

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_MODELS, N_TEST, N_CLASSES = 12, 2_000, 10
NAMES = tuple(str(digit) for digit in range(N_CLASSES))
TIMING = Timing(0.2, 0.3, 0.1, 0.4, False, 5.0, (0.2, 0.1, 0.3), Latency(1.0, 2.0), 8.0)
RESOURCES = Resources(100.0, 2**20, 1, "scikit-learn")


def store_run(root: Path) -> ResultStore:
    """Write results and predictions of models with increasing error rates; return the store."""
    generator = np.random.default_rng(0)
    store = ResultStore(root, "made-up", "digits")
    truth = generator.integers(0, N_CLASSES, N_TEST)
    counts = tuple(np.bincount(truth, minlength=N_CLASSES).tolist())
    splits = ("train", "validation", "test")
    none = dict.fromkeys((*splits, "train and validation", "train and test", "validation and test"), 0)
    hashes = {name: name[0].encode().hex() * 32 for name in splits}
    made_up = (("made", "up"),)
    labels = tuple(truth.tolist())
    audit = DatasetRecord(NAMES, dict.fromkeys(splits, counts), none, (), hashes, made_up, test_labels=labels)
    write_json(store.folder / DATASET_FILE, asdict(audit))
    for number in range(N_MODELS):
        wrong = generator.random(N_TEST) < 0.01 * (number + 1)
        predictions = _predictions(np.where(wrong, (truth + 1) % N_CLASSES, truth))
        store.save(_result(number, audit, truth, predictions), predictions)
    return store


def _predictions(labels: NDArray[np.int64]) -> Predictions:
    return Predictions(labels, 0.9 * np.eye(N_CLASSES)[labels] + 0.1 / N_CLASSES)


def _result(number: int, audit: DatasetRecord, truth: NDArray[np.int64], predictions: Predictions) -> TrialResult:
    measurement = Measurement(TIMING, RESOURCES, (), 1.0, 2 * N_TEST, N_TEST)
    return TrialResult(
        trial=Trial(f"model-{number}", "pixels", "digits"),
        status="ok",
        reason="",
        inputs=Inputs("code", audit.data_hash, "versions", current_environment().machine_id),
        settings={},
        environment=current_environment(),
        started_at="2026-01-01T00:00:00+00:00",
        finished_at="2026-01-01T00:00:08+00:00",
        n_train=2 * N_TEST,  # validation included
        evaluation={"test": score(truth, predictions, NAMES, measurement)},
        timing=TIMING,
        resources=RESOURCES,
    )
