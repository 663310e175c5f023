"""Every feature pipeline on the fixed slice."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.missing import missing_modules
from benchmarks.regression.fixed import slice_of_digits
from benchmarks.regression.track import track
from features.registry import FEATURES


@pytest.mark.parametrize("name", FEATURES)
def test_transform(benchmark: BenchmarkFixture, name: str) -> None:
    """Images to feature matrix, after fitting on others."""
    pipeline = FEATURES[name]
    if missing_modules(pipeline.requires):
        pytest.skip(f"needs {pipeline.requires}")
    train, test = slice_of_digits()
    transformer = pipeline.build().fit(train.images)
    track(benchmark, lambda: transformer.transform(test.images))
    assert len(transformer.transform(test.images)) == len(test)
