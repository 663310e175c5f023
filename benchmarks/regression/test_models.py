"""Fit and prediction of every model on the fixed slice, with the first of its own pipelines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.common.dependencies import missing_modules
from benchmarks.regression.fixed import context, matrices, slice_of_digits
from benchmarks.regression.track import track
from features.registry import FEATURES
from models.registry import MODELS
from models.spec import Estimator, ModelSpec, Unavailable

# so few images, and some solvers say that they did not converge
pytestmark = pytest.mark.filterwarnings("ignore")


# minutes even on so few images
LONG = {name for name in MODELS if "finetune" in name}


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.slow) if name in LONG else name for name in MODELS])
def spec(request: pytest.FixtureRequest) -> ModelSpec:
    """Every model of the registry whose libraries are there."""
    model = MODELS[request.param]
    needed = (*model.requires, *FEATURES[model.features[0]].requires)
    if missing_modules(needed):
        pytest.skip(f"needs {needed}")
    return model


def test_fit(benchmark: BenchmarkFixture, spec: ModelSpec) -> None:
    """Learn from the slice."""
    train, _ = slice_of_digits()
    with _skipped_where_unavailable():
        model = spec.build(context(spec, spec.features[0]))
        X, _ = matrices(spec.features[0])
        track(benchmark, lambda: model.fit(X, train.labels))


def test_predict(benchmark: BenchmarkFixture, spec: ModelSpec) -> None:
    """Read the slice; how much of it is read right stands beside the time."""
    _, test = slice_of_digits()
    with _skipped_where_unavailable():
        model = fitted(spec.name)
        _, X_test = matrices(spec.features[0])
    accuracy = float((model.predict(X_test) == test.labels).mean())
    track(benchmark, lambda: model.predict(X_test), accuracy=accuracy)


@cache
def fitted(name: str) -> Estimator:
    """Return a model that has learnt from the slice, the same one in every turn."""
    spec = MODELS[name]
    model = spec.build(context(spec, spec.features[0]))
    X, _ = matrices(spec.features[0])
    model.fit(X, slice_of_digits()[0].labels)
    return model


@contextmanager
def _skipped_where_unavailable() -> Iterator[None]:
    try:
        yield
    except Unavailable as reason:
        pytest.skip(str(reason))
