from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.common.atomic_files import PART_PREFIX, write_whole
from benchmarks.common.errors import BenchError
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import Predictions
from tests.conftest import a_result


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path, "local", "digits")


def test_what_is_saved_is_loaded(store: ResultStore) -> None:
    generator = np.random.default_rng(0)
    predictions = Predictions(generator.integers(0, 300, 10), generator.random((10, 300)).astype(np.float32))
    store.save(a_result(), predictions)
    assert store.load("knn@pixels-s0") == a_result()
    loaded = store.predictions("knn@pixels-s0")
    assert loaded is not None and loaded.probabilities is not None and predictions.probabilities is not None
    assert (loaded.labels == predictions.labels).all()
    assert (loaded.probabilities == predictions.probabilities.astype(np.float16)).all()


def test_a_result_without_predictions_takes_those_of_an_older_one_away(store: ResultStore) -> None:
    store.save(a_result(), Predictions(np.zeros(3, np.int64)))
    store.save(a_result(status="failed"), None)
    assert store.predictions("knn@pixels-s0") is None
    assert [result.status for result in store.load_all()] == ["failed"]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"schema": 1}', '{"schema": 99}', "null", "\x00"])
def test_a_damaged_file_counts_as_absent(store: ResultStore, content: str) -> None:
    store.save(a_result(), None)
    (store.folder / "trials" / "knn@pixels-s0.json").write_text(content)
    assert store.load("knn@pixels-s0") is None and store.load_all() == []


def garbled(content: bytes) -> bytes:
    """Return an archive of which the compressed data is spoilt, and nothing else."""
    return content[:60] + bytes(255 - byte for byte in content[60:80]) + content[80:]


@pytest.mark.parametrize("spoil", [lambda content: content[:-40], lambda content: b"", garbled])
def test_damaged_predictions_count_as_absent(store: ResultStore, spoil: Callable[[bytes], bytes]) -> None:
    store.save(a_result(), Predictions(np.arange(300) % 10))
    path = store.folder / "predictions" / "knn@pixels-s0.npz"
    assert store.predictions("knn@pixels-s0") is not None
    path.write_bytes(spoil(path.read_bytes()))
    assert store.predictions("knn@pixels-s0") is None


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
    store.save(a_result(), None)
    leftover = store.folder / "trials" / f"{PART_PREFIX}abc"
    leftover.write_text("half")
    store.tidy()
    assert not leftover.exists() and store.load("knn@pixels-s0")


def test_what_json_lacks_becomes_null(store: ResultStore) -> None:
    result = a_result()
    store.save(type(result)(**{**vars(result), "history": ({"epoch": 1, "loss": float("nan")},)}), None)
    record = json.loads((store.folder / "trials" / "knn@pixels-s0.json").read_text())
    assert record["history"] == [{"epoch": 1, "loss": None}]


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "a b", "-x"])
def test_a_run_is_a_plain_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(BenchError, match="plain name"):
        ResultStore(tmp_path, name, "digits")
