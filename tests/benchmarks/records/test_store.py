from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.common.atomic_files import PART_PREFIX, write_whole
from benchmarks.common.errors import BenchError
from benchmarks.records.scores import score
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import FeatureMaps, Inputs, Measurement, Predictions, Resources, Status, Timing
from tests.conftest import a_result, predictions_of, with_errors


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path, "local", "digits")


def test_what_is_saved_is_loaded(store: ResultStore) -> None:
    generator = np.random.default_rng(0)
    names = tuple(map(str, range(300)))
    labels, probabilities = generator.integers(0, 300, 10), generator.random((10, 300)).astype(np.float32)
    predictions = Predictions(labels, probabilities / probabilities.sum(axis=1, keepdims=True))
    scores = score(generator.integers(0, 300, 10), predictions, names, Measurement(Timing(), Resources()))
    result = replace(a_result(), evaluation={"test": scores})
    store.save(result, predictions)
    assert store.load("knn@pixels-s0") == result
    loaded = store.predictions("knn@pixels-s0")
    assert loaded is not None and loaded.probabilities is not None and predictions.probabilities is not None
    assert (loaded.labels == labels).all()
    assert (loaded.probabilities == predictions.probabilities.astype(np.float16)).all()


LATER = "2026-01-01T00:00:09+00:00"
OTHER_INPUTS = Inputs("other code", "d", "v", "m")


def test_a_result_without_predictions_takes_those_of_an_older_one_away(store: ResultStore) -> None:
    store.save(a_result(), predictions_of(a_result()))
    assert store.save(replace(a_result(status="failed"), inputs=OTHER_INPUTS), None)
    assert store.predictions("knn@pixels-s0") is None
    assert [result.status for result in store.load_all()] == ["failed"]


@pytest.mark.parametrize(
    ("status", "inputs", "stays"),
    [
        ("failed", Inputs("c", "d", "v", "m"), True),
        ("timeout", Inputs("c", "d", "v", "m", evaluation={"shifted": "e"}), True),
        ("failed", OTHER_INPUTS, False),
        ("skipped", OTHER_INPUTS, True),
        ("interrupted", OTHER_INPUTS, True),
        ("ok", Inputs("c", "d", "v", "m"), False),
    ],
)
def test_a_failure_never_replaces_a_good_result_of_the_same_inputs(
    store: ResultStore, status: Status, inputs: Inputs, stays: bool
) -> None:
    store.save(a_result(), predictions_of(a_result()))
    new = replace(a_result(status=status), inputs=inputs, finished_at=LATER)
    assert store.save(new, predictions_of(new)) is not stays
    loaded, predictions = store.load("knn@pixels-s0"), store.predictions("knn@pixels-s0")
    assert loaded and loaded.finished_at == (a_result().finished_at if stays else LATER)
    assert (predictions is not None) == loaded.ok


def test_a_new_result_takes_the_free_names_and_leaves_no_others(store: ResultStore, tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "weights").write_text("0")
    maps = FeatureMaps(np.zeros((1, 2, 2), np.uint8), np.zeros(1, np.int64), {})
    for n, names in enumerate((["knn@pixels-s0"], ["knn@pixels-s0~2"], ["knn@pixels-s0"])):
        store.save(a_result(accuracy=1 - n / 10), replace(with_errors(n), feature_maps=maps), model)
        predictions = store.predictions("knn@pixels-s0")
        assert predictions and predictions.labels.sum() == n and predictions.feature_maps
        stored = store.load("knn@pixels-s0")
        assert stored and (store.model_folder(stored) / "weights").read_text() == "0"
        for kind in ("predictions", "feature_maps", "models"):
            assert [path.name.removesuffix(".npz") for path in (store.folder / kind).iterdir()] == names


def test_a_models_folder_is_saved_without_its_special_files(store: ResultStore, tmp_path: Path) -> None:
    model = tmp_path / "model"
    (model / "inner").mkdir(parents=True)
    (model / "inner" / "weights").write_text("0")
    os.mkfifo(model / "pipe")
    (model / "link").symlink_to("/etc/passwd")
    store.save(a_result(), predictions_of(a_result()), model)
    saved = store.model_folder(a_result())
    assert {path.relative_to(saved).as_posix() for path in saved.rglob("*")} == {"inner", "inner/weights"}


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"schema": 1}', '{"schema": 99}', "null", "\x00"])
def test_a_damaged_file_counts_as_absent(store: ResultStore, content: str) -> None:
    store.save(a_result(), predictions_of(a_result()))
    (store.folder / "trials" / "knn@pixels-s0.json").write_text(content)
    assert store.load("knn@pixels-s0") is None and store.load_all() == []


def garbled(content: bytes) -> bytes:
    """Return an archive of which the compressed data is spoilt, and nothing else."""
    return content[:60] + bytes(255 - byte for byte in content[60:80]) + content[80:]


@pytest.mark.parametrize("spoil", [lambda content: content[:-40], lambda content: b"", garbled])
def test_damaged_predictions_count_as_absent(store: ResultStore, spoil: Callable[[bytes], bytes]) -> None:
    result = a_result(n_test=300)
    store.save(result, predictions_of(result))
    path = store.folder / "predictions" / "knn@pixels-s0.npz"
    assert store.predictions("knn@pixels-s0") is not None
    path.write_bytes(spoil(path.read_bytes()))
    assert store.predictions("knn@pixels-s0") is None


def test_an_edited_score_and_lost_predictions_are_named(store: ResultStore) -> None:
    store.save(a_result(), predictions_of(a_result()))
    record = store.folder / "trials" / "knn@pixels-s0.json"
    content = record.read_text()
    record.write_text(content.replace('"accuracy": 0.9', '"accuracy": 0.99'))
    assert store.load("knn@pixels-s0") is None and "not that of its confusion matrix" in store.damage("knn@pixels-s0")
    record.write_text(content)
    assert store.load("knn@pixels-s0") == a_result() and not store.damage("knn@pixels-s0")
    (store.folder / "predictions" / "knn@pixels-s0.npz").unlink()
    assert store.load("knn@pixels-s0") is None and store.damage("knn@pixels-s0") == "its predictions are not there"
    assert store.records() == [a_result()]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.json"
    write_whole(path, b"old")

    def no_space(*arguments: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.replace", no_space)
    with pytest.raises(BenchError, match=r"no space left.*--results-dir"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_leftovers_of_a_killed_bench_are_removed(store: ResultStore) -> None:
    store.save(a_result(), predictions_of(a_result()))
    leftover = store.folder / "trials" / f"{PART_PREFIX}abc"
    leftover.write_text("half")
    store.tidy()
    assert not leftover.exists() and store.load("knn@pixels-s0")


def test_files_that_no_record_names_are_removed(store: ResultStore) -> None:
    for name in ("knn@pixels-s0", "svm@pixels-s0"):
        store.save(a_result(name.partition("@")[0]), predictions_of(a_result()))
    predictions = store.folder / "predictions"
    for name in ("knn@pixels-s0~2.npz", "other@pixels-s0.npz", "svm@pixels-s0~2.npz"):
        (predictions / name).write_bytes(b"of a bench that was killed")
    (store.folder / "trials" / "svm@pixels-s0.json").write_text("damaged: what it names is not known")
    store.tidy()
    left = {path.name for path in predictions.iterdir()}
    assert left == {"knn@pixels-s0.npz", "svm@pixels-s0.npz", "svm@pixels-s0~2.npz"}


def test_what_json_lacks_becomes_null(store: ResultStore) -> None:
    result = a_result()
    store.save(type(result)(**{**vars(result), "history": ({"epoch": 1, "loss": float("nan")},)}), None)
    record = json.loads((store.folder / "trials" / "knn@pixels-s0.json").read_text())
    assert record["history"] == [{"epoch": 1, "loss": None}]


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "a b", "-x"])
def test_a_run_is_a_plain_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(BenchError, match="plain name"):
        ResultStore(tmp_path, name, "digits")
