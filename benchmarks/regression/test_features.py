"""Every feature pipeline on the fixed slice."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.common.dependencies import missing_modules
from benchmarks.regression.fixed import slice_of_digits, transformer
from benchmarks.regression.track import track
from features.registry import FEATURES
from features.spec import Unavailable


@pytest.mark.parametrize("name", FEATURES)
def test_transform(benchmark: BenchmarkFixture, name: str) -> None:
    """Images to feature matrix, after fitting on others."""
    if missing_modules(FEATURES[name].requires):
        pytest.skip(f"needs {FEATURES[name].requires}")
    _, test = slice_of_digits()
    try:
        transform = transformer(name).transform
    except Unavailable as reason:
        pytest.skip(str(reason))
    track(benchmark, lambda: transform(test.images))
    assert len(transform(test.images)) == len(test)
