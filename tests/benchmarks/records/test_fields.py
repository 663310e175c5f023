"""Every field of the stored records is checked: an edit of it is found when the files are read."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.common.atomic_files import write_json
from benchmarks.records.dataset_file import DATASET_FILE, stored_dataset
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import Predictions, TrialResult
from benchmarks.records.trial_file import SCHEMA
from tests.conftest import a_dataset, a_result

TRUTH = (0, 1, 0, 1, 1, 0, 0, 0, 1, 0)
HUGE = 10**18
# objects whose names are anyone's
FREE = ("packages", "settings", "params", "history")
MAY_LACK = {"packages", "history", "evaluation_hashes", "network", "shared_imports_s"}
KEY = "knn[k=4]@pixels-s0"


def a_network() -> TrialResult:
    """Return a result that has something in every field."""
    one = a_result()
    environment = replace(
        one.environment, cores=2, memory_gb=4, packages={"numpy": "2"}, git_commit="0" * 40, git_dirty=False
    )
    return replace(
        one,
        trial=replace(one.trial, params={"k": 4}),
        inputs=replace(one.inputs, evaluation={"shifted": "e"}),
        environment=environment,
        resources=replace(one.resources, parameters=5),
        history=({"epoch": 1.0, "loss": 0.5},),
    )


# for each field, by its path, what cannot stand there; a list stands for its first value
TRIAL: dict[str, tuple[Any, ...]] = {
    "schema": (None, True, 0, SCHEMA + 1, "3"),
    "key": ("svm@pixels-s0", None, 1),
    "trial.model": ("svm", "", 1, "x" * 10_000),
    "trial.features": ("hog", "", None),
    "trial.dataset": ("mnist", "", None),
    "trial.seed": (1, -1, 0.5, HUGE),
    "trial.train_size": (0, 50, -1, HUGE),
    "trial.params.k": (3, None),
    "status": ("failed", "fine", "", None),
    "reason": ("because", None, 1),
    "inputs.code": ("", "\n", None),
    "inputs.data": ("", "\x00", 1),
    "inputs.versions": ("", "x" * 10_000),
    "inputs.machine": ("other", "", None),
    "inputs.weights": ("\x1b", None, 1),
    "inputs.evaluation.shifted": ("", None),
    "settings.k": (3, None, [], {}),
    "environment.machine_id": ("other", "", None),
    "environment.cpu": ("a\nb", "x" * 10_000, None),
    "environment.cores": (0, -1, HUGE, 1.5),
    "environment.memory_gb": (-1, HUGE, "4"),
    "environment.os": ("\x1b[2J", 1),
    "environment.python": ("3\n", None),
    "environment.packages.numpy": (2, "2\n"),
    "environment.git_commit": ("main", "0" * 39, "0" * 40 + "\n"),
    "environment.git_dirty": (0, "no"),
    "environment.network": (0, "no", None),
    "started_at": ("yesterday", "2026-01-01T00:00:09+00:00", "2026-13-01T00:00:00+00:00", None),
    "finished_at": ("2025-01-01T00:00:08+00:00", "2026-01-01T00:00:01+00:00", "", 5),
    "family": ("\n", "x" * 10_000, None),
    "n_train": (0, -1, 99, HUGE, None),
    "image_shape": (0, -1, HUGE, 29, None),
    "slot": (2, -1, True, None),
    "timing.startup_s": (-1, 1e9, 60, "x"),
    "timing.imports_s": (-1, 1e9, 60),
    "timing.load_s": (-1, 1e9, 60),
    "timing.features_s": (-1, 1e9, None),
    "timing.features_cached": (None, 0),
    "timing.fit_s": (-1, 1e9, 60, None),
    "timing.predict_s": (-1, 1e9, 60, None),
    "timing.latency_ms.p50": (-1, 3, None),
    "timing.latency_ms.p99": (-1, 0.5, 1e12),
    "timing.total_s": (-1, 1, 60, 1e9, None),
    "timing.contended": (None, 0, "no"),
    "timing.shared_imports_s": (-1, 1e9, "x"),
    "resources.peak_rss_mb": (-1, 1e12, "x"),
    "resources.model_bytes": (-1, HUGE, 0.5),
    "resources.threads": (0, -1, HUGE),
    "resources.implementation": ("a\nb", 1),
    "resources.parameters": (-1, HUGE, 0.5),
    "history.epoch": ("one", []),
    "history.loss": ("low", {}),
    **{f"evaluation.{name}.{field}": wrong for name in ("test", "shifted") for field, wrong in {
        "n_test": (0, -1, 11, HUGE),
        "n_errors": (0, -1, HUGE),
        "accuracy": (0.8, 1.5, -1, None),
        "precision_macro": (0.1, 1.5, None),
        "recall_macro": (0.1, -1, None),
        "f1_macro": (0.1, 7, None),
        "r2": (0.9, 2, None),
        "log_loss": (0.0, 40, -1, None),
        "brier": (0.0, 3, None),
        "ece": (1.0, -1, None),
        "train_accuracy": (0.3, 1.5, None),
        "n_train_scored": (-1, 101, None),
        "confusion": (0, -1, HUGE, None),
        "per_class.label": ("2", None),
        "per_class.precision": (0.1, 2, None),
        "per_class.recall": (0.1, -1),
        "per_class.f1": (0.1, None),
        "per_class.support": (0, 7, HUGE),
    }.items()},
}  # fmt: skip
DATASET: dict[str, tuple[Any, ...]] = {
    "class_names": (1, None, "2"),
    **{f"counts.{name}": (-1, HUGE, 1.5, None, 7) for name in ("train", "validation", "test")},
    **{f"duplicates.{name}": (-1, 81, None) for name in ("train", "validation", "test")},
    **{f"duplicates.{name}": (-1, 21, "x") for name in ("train and validation", "train and test")},
    "duplicates.validation and test": (-1, 11),
    "dropped": (1, {}),
    **{f"hashes.{name}": ("abc", "g" * 64, None) for name in ("train", "validation", "test")},
    "checksums": (1, None),
    "notes": (1, None),
    "source": (1, None),
    "image_shape": (0, -1, 29, HUGE),
    "image_size": (0, 29, 7, HUGE),
    "centred": (0, None),
    "normalised": ("no", None),
    "polarity": ("green", None),
    "reading": (1, None),
    "test_labels": (-1, 1, 2, None),
    "evaluation_hashes.shifted": ("abc", 1),
    "evaluation_labels.shifted": (-1, 2, 1),
}  # fmt: skip


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> ResultStore:
    """Store a result on two evaluation sets, with probabilities, and its dataset."""
    from benchmarks.records.scores import score
    from benchmarks.records.trial import Measurement, Resources, Timing

    store = ResultStore(tmp_path_factory.mktemp("stored"), "local", "digits")
    dataset = replace(
        a_dataset(TRUTH),
        dropped=("one",),
        notes=("one",),
        image_size=28,
        reading=("--no-heading",),
        evaluation_hashes={"shifted": "e" * 64},
        evaluation_labels={"shifted": TRUTH},
    )
    write_json(store.folder / DATASET_FILE, asdict(dataset))
    labels = np.array([*TRUTH[:-1], 1])
    predictions = Predictions(labels, np.eye(2, dtype=np.float32)[labels] * 0.5 + 0.25)
    one = a_network()
    measurement = Measurement(Timing(), Resources(), train_accuracy=1.0, n_train_scored=2)
    scores = score(np.array(TRUTH), predictions, ("0", "1"), measurement)
    inputs = replace(one.inputs, data=dataset.data_hash, evaluation={"shifted": "e" * 64})
    result = replace(one, inputs=inputs, evaluation={"test": scores, "shifted": scores})
    store.save(result, predictions, further={"shifted": predictions})
    assert store.damaged() == {} and store.load(KEY) == result
    return store


def leaves(value: Any, path: str = "") -> Iterator[str]:
    """Return the paths of all values; those in a list have the path of the list."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list) and value:
        yield from leaves(value[0], path)
    else:
        yield path


def place(fields: Any, path: str) -> tuple[Any, Any]:
    """Return what a value stands in, and its name there; of a list the first value is meant."""
    *outer, name = path.split(".")
    for one in outer:
        fields = fields[one]
        while isinstance(fields, list):
            fields = fields[0]
    return fields, name


def edited(fields: Any, path: str, value: Any) -> dict[str, Any]:
    """Return fields with a value in another one's place: in a list, in the first one's."""
    changed: dict[str, Any] = copy.deepcopy(fields)
    inside, name = place(changed, path)
    while isinstance(inside, dict | list) and isinstance(inside[name], list) and inside[name]:
        inside, name = inside[name], 0
    inside[name] = value
    return changed


def without(fields: Any, path: str) -> dict[str, Any]:
    changed: dict[str, Any] = copy.deepcopy(fields)
    inside, name = place(changed, path)
    del inside[name]
    return changed


def with_more(fields: Any, path: str) -> dict[str, Any]:
    changed: dict[str, Any] = copy.deepcopy(fields)
    place(changed, f"{path}.more".lstrip("."))[0]["more"] = 1
    return changed


def problems(store: ResultStore, file: Path, fields: dict[str, Any]) -> dict[str, str]:
    """Return what reading says of the stored files with other fields in one of them."""
    before = file.read_bytes()
    file.write_text(json.dumps(fields))
    try:
        again = ResultStore(store.folder.parent.parent, "local", "digits")
        found = stored_dataset(again.folder)
        return again.damaged() | ({"dataset": str(found)} if isinstance(found, Exception) else {})
    finally:
        file.write_bytes(before)


def accepted(store: ResultStore, file: Path, table: dict[str, tuple[Any, ...]]) -> list[str]:
    """Return which edits of a file are read without a word, and which fields the table lacks."""
    fields = json.loads(file.read_text())
    edits = [(f"{path} = {value!r:.40}", edited(fields, path, value)) for path in table for value in table[path]]
    edits += [(f"without {path}", without(fields, path)) for path in table if not MAY_LACK & {*path.split(".")}]
    edits += [(f"{path or 'it'} has another field", with_more(fields, path)) for path in objects(fields)]
    return [
        *(f"{path} is in no table" for path in {*leaves(fields)} - {*table}),
        *(name for name, changed in edits if not problems(store, file, changed)),
    ]


def objects(value: Any, path: str = "") -> Iterator[str]:
    """Return the paths of all objects with fixed names."""
    if isinstance(value, dict) and not path.endswith(FREE):
        yield path
        for name, inner in value.items():
            yield from objects(inner[0] if isinstance(inner, list) and inner else inner, f"{path}.{name}".lstrip("."))


def test_every_field_of_a_trial_is_checked(stored: ResultStore) -> None:
    assert accepted(stored, stored.folder / "trials" / f"{KEY}.json", TRIAL) == []


def test_every_field_of_a_dataset_is_checked(stored: ResultStore) -> None:
    assert accepted(stored, stored.folder / DATASET_FILE, DATASET) == []
