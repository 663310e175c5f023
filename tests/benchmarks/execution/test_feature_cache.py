from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.common.paths import size_of
from benchmarks.execution.worker.feature_cache import FILES, FeatureCache, FeatureMatrices, cache_key
from features.pixels import Pixels


@pytest.fixture
def matrices() -> FeatureMatrices:
    generator = np.random.default_rng(0)
    train, test = generator.random((5, 3), np.float32), generator.random((2, 3), np.float32)
    return FeatureMatrices(train, test, Pixels(), 1.5)


def test_what_is_saved_is_loaded_read_only_with_the_time_it_took(tmp_path: Path, matrices: FeatureMatrices) -> None:
    cache = FeatureCache(tmp_path / "features")
    assert cache.load("key") is None
    cache.save("key", matrices)
    loaded = cache.load("key")
    assert loaded is not None and loaded.seconds == 1.5
    assert (loaded.train == matrices.train).all() and (loaded.test == matrices.test).all()
    assert isinstance(loaded.transformer, Pixels)
    with pytest.raises(ValueError, match="read-only"):
        loaded.train[0, 0] = 9
    assert size_of(cache.folder) > matrices.train.nbytes
    assert [path.name for path in cache.folder.iterdir()] == ["key"]


@pytest.mark.parametrize("name", [*FILES, "entry.json"])
def test_an_entry_cut_short_is_not_trusted_and_is_replaced(
    tmp_path: Path, matrices: FeatureMatrices, name: str
) -> None:
    cache = FeatureCache(tmp_path)
    cache.save("key", matrices)
    path = tmp_path / "key" / name
    path.write_bytes(path.read_bytes()[:-1])
    assert cache.load("key") is None
    cache.save("key", matrices)
    assert cache.load("key") is not None


def test_an_entry_of_another_layout_is_not_trusted(tmp_path: Path, matrices: FeatureMatrices) -> None:
    cache = FeatureCache(tmp_path)
    cache.save("key", matrices)
    entry = tmp_path / "key" / "entry.json"
    entry.write_text(json.dumps({**json.loads(entry.read_text()), "layout": 0}))
    assert cache.load("key") is None


def test_where_nothing_can_be_stored_the_matrices_are_used_all_the_same(
    tmp_path: Path, matrices: FeatureMatrices
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert FeatureCache(tmp_path / "file" / "features").save("key", matrices) is matrices


def test_the_key_follows_images_code_and_pipeline() -> None:
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    other = images.copy()
    other[1, 2, 3] += 1
    keys = [
        cache_key("pixels", "code", "alone", images, images),
        cache_key("pixels", "code", "alone", images, other),
        cache_key("pixels", "code", "alone", images[:1], images[1:]),
        cache_key("pixels", "code", "alone", images.reshape(2, 4, 3), images),
        cache_key("pixels", "other code", "alone", images, images),
        cache_key("hog", "code", "alone", images, images),
        cache_key("pixels", "code", "beside others", images, images),
    ]
    assert len(set(keys)) == len(keys)
    assert keys[0] == cache_key("pixels", "code", "alone", images.copy(), np.asfortranarray(images))
