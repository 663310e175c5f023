"""What every model of the registry keeps to, on tiny data and with the real libraries."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from benchmarks.missing import missing_modules
from features.registry import FEATURES
from models.registry import MODELS
from models.spec import BuildContext, Estimator, ModelSpec

N_TRAIN, N_VALIDATION, N_TEST = 300, 60, 100
DIGITS = load_digits()
X = (DIGITS.images.reshape(-1, 64) / 16).astype(np.float32)
y = DIGITS.target.astype(np.int64)
TRAIN, TEST = slice(0, N_TRAIN), slice(N_TRAIN, N_TRAIN + N_TEST)


def context(spec: ModelSpec, seed: int = 0) -> BuildContext:
    return BuildContext(10, (8, 8), N_VALIDATION, seed, 2, spec.defaults_on(spec.features[0]))


def built(spec: ModelSpec, seed: int = 0) -> Estimator:
    if missing_modules(spec.requires):
        pytest.skip(f"needs {spec.requires}")
    return spec.build(context(spec, seed))


def accuracy(predictions: NDArray[np.int64], truth: NDArray[np.int64] = y[TEST]) -> float:
    return float((predictions == truth).mean())


@pytest.fixture(params=MODELS.values(), ids=list(MODELS))
def spec(request: pytest.FixtureRequest) -> ModelSpec:
    model: ModelSpec = request.param
    return model


def test_the_spec_names_pipelines_and_settings_that_exist(spec: ModelSpec) -> None:
    assert spec.features and set(spec.features) <= set(FEATURES)
    assert set(spec.settings_for) <= set(FEATURES)
    assert all(set(settings) <= set(spec.settings) for settings in spec.settings_for.values())
    assert spec.summary and spec.family and spec.name == spec.name.lower()


def test_it_learns_answers_and_writes_into_nothing(spec: ModelSpec) -> None:
    train, labels, test = X[TRAIN].copy(), y[TRAIN].copy(), X[TEST].copy()
    for array in (train, labels, test):
        array.flags.writeable = False
    model = built(spec)
    model.fit(train, labels)
    answer = np.asarray(model.predict(test))
    assert answer.shape == (N_TEST,) and set(answer.tolist()) <= set(range(10))
    assert accuracy(answer) > (0.7 if spec.name != "dummy" else 0.05)
    assert (train == X[TRAIN]).all() and (labels == y[TRAIN]).all() and (test == X[TEST]).all()
    assert np.asarray(model.predict(test[:1])).shape == (1,)


def test_the_same_seed_gives_the_same_answer_even_when_fitted_again(spec: ModelSpec) -> None:
    first, second = built(spec), built(spec)
    first.fit(X[TRAIN], y[TRAIN])
    answer = np.asarray(first.predict(X[TEST]))
    second.fit(X[TRAIN][::-1].copy(), y[TRAIN][::-1].copy())
    second.fit(X[TRAIN], y[TRAIN])
    assert (np.asarray(second.predict(X[TEST])) == answer).mean() > (0.97 if spec.stochastic else 0.999)


def test_a_class_may_be_missing_from_train(spec: ModelSpec) -> None:
    rows = np.flatnonzero(y[TRAIN] != 3)
    model = built(spec)
    model.fit(X[TRAIN][rows], y[TRAIN][rows])
    answer = np.asarray(model.predict(X[TEST]))
    assert 3 not in answer and accuracy(answer) > (0.6 if spec.name != "dummy" else 0.0)


def test_probabilities_sum_to_one_and_agree_with_the_labels(spec: ModelSpec) -> None:
    model = built(spec)
    model.fit(X[TRAIN], y[TRAIN])
    predict_proba = getattr(model, "predict_proba", None)
    if predict_proba is None:
        pytest.skip("it gives none")
    shares = np.asarray(predict_proba(X[TEST]))
    assert shares.shape == (N_TEST, 10) and np.allclose(shares.sum(axis=1), 1, atol=1e-4)
    assert (shares.argmax(axis=1) == np.asarray(model.predict(X[TEST]))).mean() > 0.98


def test_it_pickles(spec: ModelSpec) -> None:
    model = built(spec)
    model.fit(X[TRAIN], y[TRAIN])
    again = pickle.loads(pickle.dumps(model))
    assert (np.asarray(again.predict(X[TEST])) == np.asarray(model.predict(X[TEST]))).all()


def test_boosting_stops_early_and_tells_its_progress() -> None:
    spec, told = MODELS["xgboost"], []
    settings = {**spec.defaults_on("pixels"), "trees": 300, "learning_rate": 0.5, "patience": 3}
    model = spec.build(
        BuildContext(10, (8, 8), N_VALIDATION, 0, 2, settings, lambda *steps, **figures: told.append((steps, figures)))
    )
    model.fit(X[TRAIN], y[TRAIN])
    assert 3 < len(told) < 300 and told[0][0] == (1, 300)
    losses = [figures["val_loss"] for _, figures in told]
    assert len(told) == int(np.argmin(losses)) + 4


def test_stock_is_scikit_learn_itself() -> None:
    spec = MODELS["knn"]
    model = spec.build(BuildContext(10, (8, 8), 0, settings={**spec.settings, "stock": True}))
    assert type(model).__module__.startswith("sklearn.")
