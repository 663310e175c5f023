"""Fit and predict of every model on the sample, with the first of its pipelines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.catalog.quick import ROWS
from benchmarks.common.dependencies import missing_modules
from benchmarks.regression.sample_data import context, matrices, sample_digits
from benchmarks.regression.track import track
from features.registry import FEATURES
from models.registry import MODELS
from models.spec import Estimator, ModelSpec, Unavailable

# some solvers do not converge on so few images
pytestmark = pytest.mark.filterwarnings("ignore")


# take minutes even on so few images
LONG = {name for name in MODELS if "finetune" in name}
QUICK_MODELS = {"dummy", *(model for model, _ in ROWS)}


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.slow) if name in LONG else name for name in MODELS])
def spec(request: pytest.FixtureRequest) -> ModelSpec:
    """Every model of the registry whose libraries are installed."""
    model = MODELS[request.param]
    if model.name not in QUICK_MODELS and request.config.getoption("benchmark_disable"):
        pytest.skip("the quick models show that the benchmarks work, where nothing is timed")
    needed = (*model.requires, *FEATURES[model.features[0]].requires)
    if missing_modules(needed):
        pytest.skip(f"needs {needed}")
    return model


def test_fit(benchmark: BenchmarkFixture, spec: ModelSpec) -> None:
    """Fit on the training sample."""
    train, _ = sample_digits()
    with _skipped_where_unavailable():
        model = spec.build(context(spec, spec.features[0]))
        X, _ = matrices(spec.features[0])
        track(benchmark, lambda: model.fit(X, train.labels))


def test_predict(benchmark: BenchmarkFixture, spec: ModelSpec) -> None:
    """Predict the test sample; the accuracy is stored with the time."""
    _, test = sample_digits()
    with _skipped_where_unavailable():
        model = fitted(spec.name)
        _, X_test = matrices(spec.features[0])
    accuracy = float((model.predict(X_test) == test.labels).mean())
    track(benchmark, lambda: model.predict(X_test), accuracy=accuracy)


@cache
def fitted(name: str) -> Estimator:
    """Return a fitted model, the same one in every repetition."""
    spec = MODELS[name]
    model = spec.build(context(spec, spec.features[0]))
    X, _ = matrices(spec.features[0])
    model.fit(X, sample_digits()[0].labels)
    return model


@contextmanager
def _skipped_where_unavailable() -> Iterator[None]:
    try:
        yield
    except Unavailable as reason:
        pytest.skip(str(reason))
