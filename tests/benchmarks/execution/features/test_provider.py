from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.execution.executor import Ending
from benchmarks.execution.features.cache import TEST, TRAIN, FeatureCache, FeatureFiles
from benchmarks.execution.features.checked_arrays import write_array
from benchmarks.execution.features.provider import Computed, FeatureProvider, key_of
from benchmarks.execution.protocol import Request
from benchmarks.records.trial import Trial

OK = Ending("ok", "", 2.0, 100.0, b"log")
DATA = {"train": "a", "validation": "b", "test": "c"}
REQUEST = Request(Trial("knn", "pixels", "tiny"), {}, DATA, ("test",), 4, "code", 1)


@pytest.fixture
def provider(tmp_path: Path) -> FeatureProvider:
    return FeatureProvider(FeatureCache(tmp_path / "cache"))


@pytest.fixture
def compute(tmp_path: Path) -> Callable[[], Computed]:
    def write() -> Computed:
        folder = tmp_path / "computed"
        folder.mkdir()
        threading.Event().wait(0.1)
        checksums = {name: write_array(folder / name, np.ones((3, 2), np.float32)) for name in (TRAIN, TEST)}
        return OK, FeatureFiles(str(folder), checksums, 1.5)

    return write


def never() -> Computed:
    raise AssertionError("it should not be computed")


def test_who_asks_at_the_same_time_waits_for_one_computation(
    provider: FeatureProvider, compute: Callable[[], Computed]
) -> None:
    with ThreadPoolExecutor(4) as pool:  # a second computation would find the folder in its way
        found = list(pool.map(lambda _: provider.provide(REQUEST, compute), range(4)))
    assert sorted(one.cached for one in found) == [False, True, True, True]
    assert len({one.files.folder for one in found if one.files}) == 1
    assert {one.ending.total_s for one in found} == {0.0, 2.0}


@pytest.mark.parametrize(
    ("status", "again"), [("failed", False), ("timeout", False), ("interrupted", True), ("skipped", True)]
)
def test_what_fails_in_itself_is_not_tried_again(provider: FeatureProvider, status: str, again: bool) -> None:
    times = []

    def fail() -> Computed:
        times.append(1)
        return Ending(status, "why", 3.0, 1.0), None  # type: ignore[arg-type]

    for _ in range(2):
        provided = provider.provide(REQUEST, fail)
        assert provided.files is None and (provided.ending.status, provided.ending.reason) == (status, "why")
    assert len(times) == 1 + again


def test_poisoned_matrices_are_computed_again(provider: FeatureProvider, compute: Callable[[], Computed]) -> None:
    files = provider.provide(REQUEST, compute).files
    assert files and provider.provide(REQUEST, never).cached
    files.path(TRAIN).chmod(0o644)
    files.path(TRAIN).write_bytes(b"poison")
    again = provider.provide(REQUEST, compute)
    assert not again.cached and again.files == files
    assert np.load(files.path(TRAIN)).all()


def test_the_key_follows_what_decides_the_matrices_and_their_time() -> None:
    trial = REQUEST.trial
    same = [REQUEST, replace(REQUEST, trial=replace(trial, model="svm", seed=3)), replace(REQUEST, n_classes=9)]
    other = [
        replace(REQUEST, contended=True),
        replace(REQUEST, network=True),
        replace(REQUEST, threads=2),
        replace(REQUEST, pipeline_hash="other"),
        replace(REQUEST, data={**REQUEST.data, "test": "d"}),
        replace(REQUEST, trial=replace(trial, features="hog")),
        replace(REQUEST, trial=replace(trial, train_size=5)),
        replace(REQUEST, trial=replace(trial, train_size=5, seed=1)),
    ]
    assert len(set(map(key_of, same))) == 1
    assert len(set(map(key_of, [REQUEST, *other]))) == 1 + len(other)
