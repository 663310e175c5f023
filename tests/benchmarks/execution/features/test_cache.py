from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks.common.paths import size_of
from benchmarks.execution.features.cache import ENTRY, FILES, TEST, TRAIN, FeatureCache, FeatureFiles, cache_key
from benchmarks.execution.features.checked_arrays import checksum, write_array


@pytest.fixture
def computed(tmp_path: Path) -> FeatureFiles:
    """What the process that computes matrices leaves in its folder."""
    folder = tmp_path / "computed"
    folder.mkdir()
    generator = np.random.default_rng(0)
    train, test = generator.random((5, 3), np.float32), generator.random((2, 3), np.float32)
    arrays = {FILES[0]: train, FILES[1]: test}
    checksums = {name: write_array(folder / name, array) for name, array in arrays.items()}
    (folder / FILES[2]).write_bytes(b"transformer")
    return FeatureFiles(str(folder), {**checksums, FILES[2]: checksum(b"transformer")}, 1.5)


@pytest.fixture
def cache(tmp_path: Path) -> FeatureCache:
    return FeatureCache(tmp_path / "features")


def again(cache: FeatureCache) -> FeatureCache:
    """The cache as the next bench sees it."""
    return FeatureCache(cache.folder)


def overwrite(path: Path, content: bytes) -> None:
    """Change a file as its owner can."""
    path.chmod(0o644)
    path.write_bytes(content)


def test_what_is_saved_is_loaded_with_the_time_it_took(cache: FeatureCache, computed: FeatureFiles) -> None:
    assert cache.load("key") is None
    stored = cache.save("key", computed)
    assert cache.load("key") == again(cache).load("key") == stored
    assert (
        stored.seconds == 1.5 and stored.checksums == computed.checksums and stored.folder == str(cache.folder / "key")
    )
    assert [path.name for path in cache.folder.iterdir()] == ["key"] and not Path(computed.folder).exists()
    assert size_of(cache.folder) > 100
    assert all(not stored.path(name).stat().st_mode & 0o222 for name in FILES)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("times_set_back", [False, True])
def test_a_changed_file_is_noticed_by_the_same_bench_and_the_next(
    cache: FeatureCache, computed: FeatureFiles, name: str, times_set_back: bool
) -> None:
    path = cache.save("key", computed).path(name)
    assert cache.load("key")
    before = path.stat()
    overwrite(path, path.read_bytes()[:-1] + b"\xff")
    if times_set_back:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    other = again(cache)
    assert cache.load("key") is None
    assert other.load("key") is None


def test_a_bench_remembers_checksums_that_were_forged_with_the_files(
    cache: FeatureCache, computed: FeatureFiles
) -> None:
    stored = cache.save("key", computed)
    planted = write_array(stored.path(FILES[0]), np.zeros((5, 3), np.float32))
    entry = Path(stored.folder) / ENTRY
    forged = {**json.loads(entry.read_bytes()), "checksums": {**stored.checksums, FILES[0]: planted}}
    overwrite(entry, json.dumps(forged).encode())
    assert cache.load("key") is None


@pytest.mark.parametrize("name", [*FILES, ENTRY])
def test_an_entry_cut_short_is_not_trusted_and_is_replaced(
    cache: FeatureCache, computed: FeatureFiles, name: str, tmp_path: Path
) -> None:
    whole = {one: Path(computed.folder, one).read_bytes() for one in FILES}
    path = Path(cache.save("key", computed).folder) / name
    overwrite(path, path.read_bytes()[:-1])
    assert again(cache).load("key") is None
    Path(computed.folder).mkdir()
    for one, content in whole.items():
        Path(computed.folder, one).write_bytes(content)
    cache.save("key", computed)
    assert again(cache).load("key") is not None


@pytest.mark.parametrize(
    "change",
    [
        {"layout": 1},
        {"checksums": {}},
        {"checksums": {"../../x": "0" * 64 + "-3"}},
        {"seconds": -1},
        {"seconds": "x"},
        {"checksums": 3},
    ],
)
def test_an_entry_that_says_something_odd_is_not_trusted(
    cache: FeatureCache, computed: FeatureFiles, change: dict[str, object]
) -> None:
    entry = Path(cache.save("key", computed).folder) / ENTRY
    overwrite(entry, json.dumps({**json.loads(entry.read_bytes()), **change}).encode())
    assert again(cache).load("key") is None


@pytest.mark.parametrize("name", FILES)
def test_what_is_no_regular_file_is_not_waited_for(cache: FeatureCache, computed: FeatureFiles, name: str) -> None:
    path = cache.save("key", computed).path(name)
    path.unlink()
    os.mkfifo(path)
    assert cache.load("key") is None and again(cache).load("key") is None


def test_where_nothing_can_be_stored_the_matrices_are_used_where_they_are(
    tmp_path: Path, computed: FeatureFiles
) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = FeatureCache(tmp_path / "file" / "features")
    assert cache.save("key", computed) == computed == cache.load("key")


def test_entries_that_a_process_changed_are_removed_and_named(cache: FeatureCache, computed: FeatureFiles) -> None:
    cache.save("key", computed)
    before = cache.snapshot()
    assert cache.remove_changed(before) == []
    overwrite(cache.folder / "key" / ENTRY, b"{}")
    (cache.folder / "new").mkdir()
    (cache.folder / "new" / FILES[0]).write_bytes(b"planted")
    assert cache.remove_changed(before) == ["key", "new"]
    assert cache.load("key") is None and list(cache.folder.iterdir()) == []


def test_an_entry_that_is_gone_is_no_change(cache: FeatureCache, computed: FeatureFiles) -> None:
    cache.save("key", computed)
    before = cache.snapshot()
    again(cache).clear()
    assert cache.remove_changed(before) == [] and cache.load("key") is None


def test_the_key_follows_data_code_and_pipeline() -> None:
    keys = [
        cache_key("pixels", "code", "alone", ["train", "test"]),
        cache_key("pixels", "code", "alone", ["train", "other"]),
        cache_key("pixels", "code", "alone", ["traintest"]),
        cache_key("pixels", "other code", "alone", ["train", "test"]),
        cache_key("hog", "code", "alone", ["train", "test"]),
        cache_key("pixels", "code", "beside others", ["train", "test"]),
    ]
    assert len(set(keys)) == len(keys)


def test_an_entry_that_another_bench_has_stored_meanwhile_stays_as_it_is(
    cache: FeatureCache, computed: FeatureFiles, tmp_path: Path
) -> None:
    stored = cache.save("key", computed)
    there = stored.path(TRAIN).stat().st_ino
    folder = tmp_path / "computed again"
    folder.mkdir()
    matrices = {name: np.full((5, 3), 7.0, np.float32) for name in (TRAIN, TEST)}
    digests = {name: write_array(folder / name, matrix) for name, matrix in matrices.items()}
    later = FeatureFiles(str(folder), digests, 1.0)
    assert again(cache).save("key", later) == later
    assert stored.path(TRAIN).stat().st_ino == there and again(cache).load("key") == stored
