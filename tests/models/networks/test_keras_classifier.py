"""Networks learn, report, repeat themselves and survive being written to a file."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.common.dependencies import missing_modules
from benchmarks.conformance.tiny import Tiny, context, tiny
from benchmarks.execution.worker.parameter_count import parameter_count
from benchmarks.provenance.implementation import ImplementationWatch, model_bytes
from features.pretrained.backend import BACKEND, REQUIRES
from features.pretrained.precision import processor_has_bfloat16
from features.registry import FEATURES
from models.networks.early_stopping import EarlyStopping
from models.networks.keras_classifier import KerasClassifier
from models.registry import MODELS
from models.spec import Estimator, Unavailable
from tests.cli_helpers import leaderboard, records
from tests.conftest import ROOT, Bench

pytestmark = pytest.mark.skipif(bool(missing_modules(REQUIRES)), reason=f"needs {REQUIRES}")


@cache
def data(features: str = "pixels") -> Tiny:
    return tiny(FEATURES[features])


def fitted(
    name: str, features: str = "pixels", seed: int = 0, **changed: Any
) -> tuple[Estimator, list[dict[str, float]]]:
    """Return a network trained on tiny data, and its history."""
    history: list[dict[str, float]] = []

    def progress(step: int, steps: int, /, **figures: float) -> None:
        history.append({"epoch": step, **figures})

    spec, given = MODELS[name], data(features)
    model = spec.build(context(given, {**spec.defaults_on("pixels"), "min_steps": 0, **changed}, seed, progress))
    model.fit(given.train, given.labels)
    return model, history


def shares(model: Any) -> np.ndarray:
    return np.asarray(model.predict_proba(data().test))


def test_every_epoch_has_loss_and_accuracy_on_both_splits() -> None:
    _, history = fitted("mlp", epochs=6)
    assert [entry["epoch"] for entry in history] == [1, 2, 3, 4, 5, 6]
    for entry in history:
        assert entry.keys() == {"epoch", "loss", "accuracy", "val_loss", "val_accuracy"}
        assert entry["loss"] > 0 and 0 <= entry["accuracy"] <= 1
    assert history[-1]["loss"] < history[0]["loss"] and history[-1]["val_loss"] < history[0]["val_loss"]


def test_who_learns_from_the_validation_split_reports_nothing_about_it() -> None:
    _, history = fitted("mlp", epochs=1, hold_out=False)
    assert history[0].keys() == {"epoch", "loss", "accuracy"}


def test_the_validation_split_teaches_nothing() -> None:
    spec, given = MODELS["mlp"], data()
    wrong = given.labels.copy()
    wrong[-given.n_validation :] = (wrong[-given.n_validation :] + 1) % 10
    answers = []
    for labels in (given.labels, wrong):
        model = spec.build(context(given, {**spec.defaults_on("pixels"), "epochs": 2}))
        model.fit(given.train, labels)
        answers.append(shares(model))
    assert (answers[0] == answers[1]).all()


def test_early_stopping_ends_with_the_best_epoch() -> None:
    _, history = fitted("mlp", epochs=200, patience=2, learning_rate=0.02)
    best = min(range(len(history)), key=lambda epoch: history[epoch]["val_loss"])
    assert len(history) < 200 and len(history) - 1 - best == 2
    model, _ = fitted("mlp", epochs=200, patience=2, learning_rate=0.02)
    held_out = data().train[-data().n_validation :]
    answer = np.asarray(model.predict(held_out))
    accuracy = (answer == data().labels[-data().n_validation :]).mean()
    assert accuracy == pytest.approx(history[best]["val_accuracy"], abs=1e-6)


def test_early_stopping_watches_the_loss_that_is_trained_and_the_history_tells_the_plain_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from keras.losses import CategoricalCrossentropy

    watched: list[float] = []
    monkeypatch.setattr(EarlyStopping, "update", lambda self, loss, network: watched.append(loss))
    model, history = fitted("mlp", epochs=1, label_smoothing=0.4)
    held_out, labels = data().train[-data().n_validation :], data().labels[-data().n_validation :]
    answer: Any = model
    one_hot, given = np.eye(10)[labels], answer.predict_proba(held_out)
    assert watched == pytest.approx([float(CategoricalCrossentropy(label_smoothing=0.4)(one_hot, given))], rel=1e-5)
    assert history[0]["val_loss"] == pytest.approx(float(CategoricalCrossentropy()(one_hot, given)), rel=1e-5)


def test_where_few_images_make_more_epochs_early_stopping_has_more_patience() -> None:
    _, history = fitted("mlp", epochs=2, patience=1, batch=240, min_steps=40, learning_rate=0.0)
    assert len(history) == 1 + 20  # one step an epoch, forty epochs for two; no epoch is better than the first


@pytest.mark.slow
def test_the_average_of_the_weights_predicts() -> None:
    own, average = (shares(fitted("mlp", epochs=2, batch=8, ema=ema)[0]) for ema in (0.0, 0.9))
    assert np.abs(own - average).max() > 1e-3


@pytest.mark.parametrize(
    "name", ["mlp", *(pytest.param(name, marks=pytest.mark.slow) for name in ("cnn-fast", "cnn-5"))]
)
def test_one_seed_gives_one_answer_and_another_seed_another(name: str) -> None:
    first, again, other = (shares(fitted(name, seed=seed, epochs=2)[0]) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_a_network_is_kept_in_keras_own_format_and_its_size_is_that_of_the_file(tmp_path: Path) -> None:
    model, _ = fitted("lenet5", epochs=1)
    assert isinstance(model, KerasClassifier)
    model.save(tmp_path)
    (file,) = tmp_path.iterdir()
    assert file.suffix == ".keras"
    # no optimizer in it: an archive's own lists apart, four bytes for each weight
    assert 4 * model.network.count_params() < file.stat().st_size < 4 * model.network.count_params() + 60_000
    assert model_bytes(model) == file.stat().st_size
    assert (shares(KerasClassifier.load(tmp_path)) == shares(model)).all()


@pytest.mark.slow
def test_the_record_names_keras_its_backend_and_the_precision_that_it_had() -> None:
    model, _ = fitted("mlp", epochs=1)
    printed = ImplementationWatch().library_of(model)
    assert printed.startswith("keras ") and " on " in printed and printed.endswith(", float32")
    half = processor_has_bfloat16()
    model, _ = fitted("cnn-5", epochs=1)
    assert ImplementationWatch().library_of(model).endswith(", bfloat16" if half else ", float32")


def test_convolutions_show_their_maps() -> None:
    model, _ = fitted("lenet5", epochs=1)
    maps = model.feature_maps(data().train[:3])  # type: ignore[attr-defined]
    assert [each.shape for each in maps.values()] == [(3, 28, 28, 6), (3, 10, 10, 16)]


def test_a_perceptron_reads_any_features_and_a_convolution_only_images() -> None:
    assert len(fitted("mlp", "hog", epochs=1)[1]) == 1
    with pytest.raises(Unavailable, match="it needs images, not hog features; run it with --features pixels"):
        fitted("lenet5", "hog", epochs=1)
    with pytest.raises(Unavailable, match="--features pixels"):
        fitted("mlp-best", "hog", epochs=1)


@pytest.mark.slow
def test_members_of_an_ensemble_differ_and_their_epochs_are_counted_on() -> None:
    model, history = fitted("cnn-ensemble", networks=2, epochs=1)
    members = model.members  # type: ignore[attr-defined]
    assert [entry["epoch"] for entry in history] == [1, 2]
    assert (shares(members[0]) != shares(members[1])).any()
    weights = [weight for member in members for weight in member.network.get_weights()]
    assert parameter_count(model) == sum(np.size(weight) for weight in weights)
    pooled = np.exp((np.log(shares(members[0])) + np.log(shares(members[1]))) / 2)
    assert shares(model) == pytest.approx(pooled / pooled.sum(axis=1, keepdims=True), abs=1e-5)


HIDE_TENSORFLOW = """
from importlib.machinery import PathFinder
find = PathFinder.find_spec
PathFinder.find_spec = staticmethod(
    lambda name, path=None, target=None: None if name.partition(".")[0] == "tensorflow" else find(name, path, target)
)
"""

ON_JAX = f"""{HIDE_TENSORFLOW}
from tests.models.networks.test_keras_classifier import data, fitted, shares
import keras
model, history = fitted("cnn-fast", epochs=10, batch=16, ema=0.5, rotation=5)
assert keras.backend.backend() == "jax"
print((shares(model).argmax(axis=1) == data().test_labels).mean())
"""


@pytest.mark.slow
def test_training_runs_unchanged_on_jax() -> None:
    if missing_modules(["jax"]):
        pytest.skip("needs jax")
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    run = subprocess.run(
        [sys.executable, "-c", ON_JAX], env=environment, capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert run.returncode == 0, run.stderr
    assert float(run.stdout.split()[-1]) > 0.7


def test_without_tensorflow_networks_are_skipped_and_all_others_run(
    bench_process: Bench, tmp_path: Path, environment: dict[str, str]
) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(HIDE_TENSORFLOW)
    environment["PYTHONPATH"] = str(hidden)
    run = bench_process("--models", "mlp,knn", "--dataset", "digits", "--features", "pixels")
    rows = leaderboard(tmp_path)
    assert run.returncode == 0, run.stderr
    assert rows["mlp@pixels"]["status"] == "skipped"
    assert rows["mlp@pixels"]["reason"] == "needs tensorflow; install with: pip install tensorflow"
    assert rows["knn@pixels"]["status"] == "ok"


@pytest.mark.slow
def test_a_network_on_real_digits_end_to_end(bench: Bench, tmp_path: Path, environment: dict[str, str]) -> None:
    # Keras' own settings do not choose the backend behind the back of what is recorded
    (tmp_path / "keras.json").write_text('{"backend": "numpy"}')
    environment["KERAS_HOME"] = str(tmp_path)
    run = bench("--models", "mlp[epochs=15]", "--dataset", "digits", "--keep-models")
    assert run.returncode == 0, run.stdout + run.stderr
    (record,) = records(tmp_path).values()
    assert record["status"] == "ok", record
    history = record["history"]
    assert isinstance(history, list) and history[-1]["val_accuracy"] > 0.9
    assert record["resources"]["model_bytes"] > 100_000  # type: ignore[index]
    assert f"on {BACKEND}" in record["resources"]["implementation"]  # type: ignore[index]
