from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.execution.worker.feature_maps import LARGEST_SIDE, MOST_CHANNELS, MOST_LAYERS, feature_maps
from benchmarks.records.feature_maps import packed, unpacked
from benchmarks.records.store import ResultStore
from tests.conftest import ROOT, Bench

IMAGES = np.arange(4 * 28 * 28, dtype=np.uint8).reshape(4, 28, 28)
LABELS = np.array([1, 0, 1, 0])


class Model:
    """Shows what it is told to."""

    def __init__(self, *layers: np.ndarray) -> None:
        self.layers = layers

    def feature_maps(self, X: np.ndarray) -> dict[str, np.ndarray]:
        self.asked = X
        return {f"layer {i}": layer for i, layer in enumerate(self.layers)}


def test_one_image_of_each_class_is_shown_and_every_channel_fills_the_range() -> None:
    model = Model(np.random.default_rng(0).normal(size=(2, 28, 28, 20)))
    maps = feature_maps(model, np.arange(8.0, dtype=np.float32).reshape(4, 2), IMAGES, LABELS)
    assert maps is not None and maps.labels.tolist() == [0, 1] and (maps.images == IMAGES[[1, 0]]).all()
    assert model.asked.tolist() == [[2, 3], [0, 1]]
    (layer,) = maps.layers.values()
    assert layer.shape == (2, LARGEST_SIDE, LARGEST_SIDE, MOST_CHANNELS) and layer.dtype == np.uint8
    assert (layer.min(axis=(0, 1, 2)) == 0).all() and (layer.max(axis=(0, 1, 2)) == 255).all()


def test_the_channels_that_vary_most_are_kept_in_their_order() -> None:
    layer = np.zeros((2, 1, 2, 20))
    for channel, spread in ((19, 5.0), (3, 9.0)):
        layer[0, 0, channel % 2, channel] = spread
    maps = feature_maps(Model(layer), np.zeros((4, 1), np.float32), IMAGES, LABELS)
    assert maps is not None
    lit = np.argwhere(maps.layers["layer 0"].max(axis=(0, 1, 2))).ravel()
    assert len(lit) == 2 and maps.layers["layer 0"][0, 0, 1, lit].tolist() == [255, 255]


def test_of_many_layers_some_are_kept_from_first_to_last() -> None:
    layers = [np.random.default_rng(i).random((2, 4, 4, 2)) for i in range(30)]
    maps = feature_maps(Model(*layers), np.zeros((4, 1), np.float32), IMAGES, LABELS)
    assert maps is not None and len(maps.layers) == MOST_LAYERS
    assert next(iter(maps.layers)) == "layer 0" and list(maps.layers)[-1] == "layer 29"


@pytest.mark.parametrize(
    "layer", [np.zeros((2, 4)), np.zeros((3, 4, 4, 1)), np.zeros((2, 0, 4, 1)), np.full((2, 4, 4, 1), np.nan)]
)
def test_what_cannot_be_shown_costs_nothing_but_the_picture(
    layer: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    assert feature_maps(Model(layer), np.zeros((4, 1), np.float32), IMAGES, LABELS) is None
    assert "it should be (2, rows, columns, channels)" in capsys.readouterr().err


def test_a_model_without_feature_maps_is_not_asked() -> None:
    assert feature_maps(object(), np.zeros((4, 1), np.float32), IMAGES, LABELS) is None


def test_what_is_packed_is_unpacked_and_small(tmp_path: Path) -> None:
    layers = [np.random.default_rng(i).random((10, 28, 28, 32)) for i in range(9)]
    images = np.zeros((10, 28, 28), np.uint8)
    maps = feature_maps(Model(*layers), np.zeros((10, 1), np.float32), images, np.arange(10))
    assert maps is not None
    path = tmp_path / "maps.npz"
    path.write_bytes(packed(maps))
    read = unpacked(path)
    assert path.stat().st_size < 110_000  # of noise, which does not compress
    assert read is not None and list(read.layers) == list(maps.layers)
    assert all((read.layers[name] == layer).all() for name, layer in maps.layers.items())
    path.write_bytes(path.read_bytes()[:-50])
    assert unpacked(path) is None and unpacked(tmp_path / "none.npz") is None


def test_a_trial_stores_its_feature_maps_and_a_failure_at_them_costs_no_score(bench: Bench, tmp_path: Path) -> None:
    plugin = str(ROOT / "tests/plugins/seeing.py")
    done = bench("--plugin", plugin, "--models", "seeing,blind,flat", "--dataset", "digits", "--features", "pixels")
    assert done.returncode == 0, done.stdout + done.stderr
    store = ResultStore(tmp_path, "local", "digits")
    shown = store.predictions("seeing@pixels-s0")
    assert shown and shown.feature_maps
    assert {name: layer.shape for name, layer in shown.feature_maps.layers.items()} == {
        "conv 1": (10, 13, 9, 8),
        "conv 2": (10, 14, 14, 3),
    }
    for name, complaint in (("blind", "nothing to see"), ("flat", "it should be (10, rows, columns, channels)")):
        predictions = store.predictions(f"{name}@pixels-s0")
        assert predictions and predictions.feature_maps is None
        assert complaint in (store.folder / "logs" / f"{name}@pixels-s0.log").read_text()
        record = json.loads((store.folder / "trials" / f"{name}@pixels-s0.json").read_text())
        assert record["status"] == "ok" and record["scores"]["accuracy"] > 0.8
    page = (store.folder / "report.html").read_text()
    assert 'alt="Feature maps of conv 1' in page and page.count("<h4>Feature maps</h4>") == 1
