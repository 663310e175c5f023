"""A linear classifier on features of many scales."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from features.pretrained.backbones import VGG16, backbone, seeded
from features.registry import FEATURES
from models.networks import finetune
from models.networks.keras_classifier import KerasClassifier
from models.registry import MODELS
from models.spec import BuildContext, Unavailable
from models.transfer import MODELS as ROWS
from models.transfer import LinearHead
from tests.weight_files import give_no_file, write_weights

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


def test_without_its_weights_a_network_is_not_trained_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("keras")
    give_no_file(monkeypatch)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("features.pretrained.weights._why_not_fetched", lambda weights, folder: "no network")
    for row in finetune.MODELS:
        context = BuildContext(10, (28, 28), 0, settings=row.defaults_on("pixels"))
        if row.weights:
            with pytest.raises(Unavailable, match=f"needs {row.weights.file}.*--weights FILE"):
                row.build(context)
        else:
            row.build(context)
    assert [bool(row.weights) for row in finetune.MODELS] == [True, True, False, False]


@pytest.mark.slow
def test_training_goes_on_from_the_weights_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("keras")
    give_no_file(monkeypatch)
    VGG16.use(write_weights(tmp_path / "given.h5", seed=4))
    row = MODELS["vgg16-finetune"]
    settings = {**row.defaults_on("pixels"), "epochs": 1, "min_steps": 0, "learning_rate": 0.0}
    images = np.random.default_rng(0).random((4, 28 * 28), np.float32)
    model = row.build(BuildContext(10, (28, 28), 0, settings=settings, features="pixels"))
    assert isinstance(model, KerasClassifier)
    model.fit(images, np.arange(4))
    with seeded(4):
        expected = backbone("vgg16").get_layer("block5_conv3").get_weights()
    for array, other in zip(model.network.get_layer("block5_conv3").get_weights(), expected, strict=True):
        assert (array == other).all()
    (tmp_path / "saved").mkdir()
    model.save(tmp_path / "saved")
    again = KerasClassifier.load(tmp_path / "saved")
    assert (again.predict_proba(images) == model.predict_proba(images)).all()


def test_every_row_reads_the_embedding_of_its_network() -> None:
    for row in ROWS:
        (features,) = row.features
        assert MODELS[row.name] is row and features.startswith(row.name)
        assert bool(FEATURES[features].weights) == ("random" not in row.name)
