"""Every feature pipeline on the sample."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.common.dependencies import missing_modules
from benchmarks.regression.sample_data import sample_digits, transformer
from benchmarks.regression.track import track
from features.registry import FEATURES
from features.spec import Unavailable


@pytest.mark.parametrize("name", FEATURES)
def test_transform(benchmark: BenchmarkFixture, name: str) -> None:
    """Transform the test sample, after fitting on the training sample."""
    if missing_modules(FEATURES[name].requires):
        pytest.skip(f"needs {FEATURES[name].requires}")
    _, test = sample_digits()
    try:
        transform = transformer(name).transform
    except Unavailable as reason:
        pytest.skip(str(reason))
    track(benchmark, lambda: transform(test.images))
    assert len(transform(test.images)) == len(test)
