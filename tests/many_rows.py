"""A stored run of many rows with made-up predictions, for tests of size and time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.datasets.preprocessing.audit import audit
from benchmarks.datasets.spec import Images, Split
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import (
    Environment,
    FeatureMaps,
    Inputs,
    Latency,
    Measurement,
    Predictions,
    Resources,
    Timing,
)
from benchmarks.report.data.findings import read_findings
from benchmarks.report.data.mistakes import shown_images
from benchmarks.report.data.pictures import store_pictures
from tests.conftest import a_result

N_CLASSES = 10
MACHINE = Environment("m", "x", 2, 4, "Linux", "3.11", {"numpy": "2"})


def store_many_rows(root: Path, n_rows: int, n_test: int, n_networks: int = 0) -> ResultStore:
    """Store ``n_rows`` rows with probabilities, histories and pictures; the first ``n_networks`` have feature maps."""
    from benchmarks.records.scores import score

    generator = np.random.default_rng(0)
    images = _images(generator, n_test)
    found = audit(images)
    store = ResultStore(root, "local", "digits")
    store.save_dataset(images, found)
    difficulty = generator.random(n_test)
    for i in range(n_rows):
        predictions = _predictions(generator, images.test.labels, difficulty * (0.1 + 0.02 * i))
        if i < n_networks:
            layers = {f"conv {n}": generator.integers(0, 256, (10, 14, 14, 8)).astype(np.uint8) for n in range(3)}
            predictions = replace(
                predictions, feature_maps=FeatureMaps(images.train.images[:10], np.arange(10), layers)
            )
        cost = 1.5**i
        result = replace(
            a_result(f"model-{i}"),
            inputs=Inputs("c", found.data_hash, "v", "m"),
            environment=MACHINE,
            finished_at="2026-12-31T00:00:00+00:00",
            n_train=240,
            evaluation={
                "test": score(images.test.labels, predictions, found.class_names, Measurement(Timing(), Resources()))
            },
            timing=Timing(0.1, 0.2, 0.3, 0.4, False, cost, (cost / 10,), Latency(0.1 * cost, 0.2 * cost), 2 * cost),
            history=tuple(_epoch(n) for n in range(1, 101)),
        )
        store.save(result, predictions)
    store_pictures(store, images, shown_images(read_findings(store, {})))
    return store


def _epoch(n: int) -> dict[str, float]:
    return {"epoch": n, "loss": 1 / n, "val_loss": 1.2 / n, "accuracy": 1 - 0.5 / n, "val_accuracy": 1 - 0.6 / n}


def _images(generator: np.random.Generator, n_test: int) -> Images:
    def split(n: int) -> Split:
        # a fifth of the pixels inked, as in MNIST, but at random: harder to compress than any digit
        ink = generator.integers(1, 256, (n, 28, 28)) * (generator.random((n, 28, 28)) < 0.2)
        return Split(ink.astype(np.uint8), np.arange(n) % N_CLASSES)

    return Images(split(200), split(40), split(n_test), tuple(map(str, range(N_CLASSES))))


def _predictions(generator: np.random.Generator, truth: np.ndarray, chance: np.ndarray) -> Predictions:
    wrong = generator.random(len(truth)) < chance
    labels = np.where(wrong, (truth + generator.integers(1, N_CLASSES, len(truth))) % N_CLASSES, truth)
    probabilities = generator.random((len(truth), N_CLASSES)) * 0.1
    probabilities[np.arange(len(truth)), labels] += generator.random(len(truth)) + 0.2
    return Predictions(labels, probabilities / probabilities.sum(axis=1, keepdims=True))
