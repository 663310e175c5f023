"""A synthetic run on disk, always the same, for timing reading and reporting."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.common.atomic_files import write_json
from benchmarks.datasets.preprocessing.audit import Audit
from benchmarks.provenance.environment import current_environment
from benchmarks.records.dataset_file import DATASET_FILE
from benchmarks.records.scores import score
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import Inputs, Latency, Measurement, Predictions, Resources, Timing, Trial, TrialResult

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_MODELS, N_TEST, N_CLASSES = 12, 2_000, 10
NAMES = tuple(str(digit) for digit in range(N_CLASSES))
HASHES = {"train": "a", "validation": "b", "test": "c"}
TIMING = Timing(0.2, 0.3, 0.1, 0.4, False, 5.0, (0.2, 0.1, 0.3), Latency(1.0, 2.0), 8.0)
RESOURCES = Resources(100.0, 2**20, 1, "scikit-learn")


def store_run(root: Path) -> ResultStore:
    """Write results and predictions of models with increasing error rates; return the store."""
    generator = np.random.default_rng(0)
    store = ResultStore(root, "made-up", "digits")
    truth = generator.integers(0, N_CLASSES, N_TEST)
    counts = tuple(np.bincount(truth, minlength=N_CLASSES).tolist())
    audit = Audit(NAMES, dict.fromkeys(HASHES, counts), {}, (), HASHES, (("made", "up"),))
    write_json(store.folder / DATASET_FILE, {**asdict(audit), "test_labels": truth.tolist()})
    for number in range(N_MODELS):
        wrong = generator.random(N_TEST) < 0.01 * (number + 1)
        predictions = _predictions(np.where(wrong, (truth + 1) % N_CLASSES, truth))
        store.save(_result(number, audit, truth, predictions), predictions)
    return store


def _predictions(labels: NDArray[np.int64]) -> Predictions:
    return Predictions(labels, 0.9 * np.eye(N_CLASSES)[labels] + 0.1 / N_CLASSES)


def _result(number: int, audit: Audit, truth: NDArray[np.int64], predictions: Predictions) -> TrialResult:
    measurement = Measurement(TIMING, RESOURCES, (), 1.0, N_TEST, N_TEST)
    return TrialResult(
        trial=Trial(f"model-{number}", "pixels", "digits"),
        status="ok",
        reason="",
        inputs=Inputs("code", audit.data_hash, "versions", "machine"),
        settings={},
        environment=current_environment(),
        started_at="2026-01-01T00:00:00+00:00",
        finished_at="2026-01-01T00:00:08+00:00",
        n_train=N_TEST,
        evaluation={"test": score(truth, predictions, NAMES, measurement)},
        timing=TIMING,
        resources=RESOURCES,
    )
