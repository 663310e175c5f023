"""Reading data: IDX files, digits, cached features, stored results."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.datasets.preprocessing.audit import audit
from benchmarks.datasets.readers.idx import parse_idx, read_uncompressed
from benchmarks.datasets.registry import DATASETS
from benchmarks.datasets.spec import DataPlaces
from benchmarks.execution.features.cache import TEST, TRAIN, FeatureFiles
from benchmarks.execution.features.checked_arrays import write_array
from benchmarks.execution.worker.transformers import read_matrices
from benchmarks.regression.sample_data import matrices
from benchmarks.regression.synthetic_run import store_run
from benchmarks.regression.track import track

SHAPE = (2_000, 28, 28)


def test_idx(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Read a gzipped file of images that compress about as well as digits."""
    images = np.random.default_rng(0).integers(0, 256, SHAPE, np.uint8) * (np.arange(28) % 5 == 0)
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(b"\0\0\x08\x03" + struct.pack(">3I", *SHAPE) + images.astype(np.uint8).tobytes()))
    track(benchmark, lambda: parse_idx(read_uncompressed(path), path.name))


def test_digits(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Load and enlarge the digits."""
    track(benchmark, lambda: DATASETS["digits"].load(DataPlaces((), tmp_path)))


def test_audit(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Count, hash and find duplicates."""
    images = DATASETS["digits"].load(DataPlaces((), tmp_path))
    track(benchmark, lambda: audit(images))


def test_feature_cache(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Load cached matrices, and check that they are what was stored."""
    digests = {name: write_array(tmp_path / name, X) for name, X in zip((TRAIN, TEST), matrices("hog"), strict=True)}
    track(benchmark, lambda: read_matrices(FeatureFiles(str(tmp_path), digests, 1.0)))


def test_stored_results(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Read the results of a run."""
    store = store_run(tmp_path)
    track(benchmark, store.load_all)
