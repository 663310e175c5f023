"""A linear classifier on features of many scales."""

from __future__ import annotations

import numpy as np
import pytest

from features.registry import FEATURES
from models.registry import MODELS
from models.spec import BuildContext
from models.transfer import MODELS as ROWS
from models.transfer import LinearHead

SETTINGS = {"C": 1.0, "max_iter": 200, "stock": False}


def head(**settings: float) -> LinearHead:
    return LinearHead(BuildContext(2, (1, 1), 0, settings={**SETTINGS, **settings}))


def test_the_scale_of_a_feature_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(300, 4)).astype(np.float32)
    y = (X @ [1.0, -2.0, 0.5, 0.0] + generator.normal(size=300) > 0).astype(np.int64)
    scales = np.array([1e-3, 1.0, 1e3, 1.0], np.float32)
    expected = head().fit(X, y).predict_proba(X)
    monkeypatch.setattr(LinearHead, "ROWS", 7)
    assert head().fit(X * scales + 5, y).predict_proba(X * scales + 5) == pytest.approx(expected, abs=2e-3)


def test_a_feature_that_never_varies_does_no_harm() -> None:
    X = np.array([[0, 3], [1, 3], [0, 3], [1, 3]], np.float32)
    assert head().fit(X, np.array([0, 1, 0, 1])).predict(X).tolist() == [0, 1, 0, 1]


def test_a_second_fit_forgets_the_first() -> None:
    X, y = np.array([[0.0], [1.0], [2.0], [3.0]], np.float32), np.array([0, 0, 1, 1])
    once = head().fit(X, y)
    twice = head().fit(X + 100, y[::-1].copy()).fit(X, y)
    assert (once.predict_proba(X) == twice.predict_proba(X)).all()


def test_every_row_reads_the_embedding_of_its_network() -> None:
    for row in ROWS:
        (features,) = row.features
        assert MODELS[row.name] is row and features.startswith(row.name)
        assert bool(FEATURES[features].weights) == ("random" not in row.name)
