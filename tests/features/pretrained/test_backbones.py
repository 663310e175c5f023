"""Networks for photographs: what they are given, and where their weights come from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.pretrained.backbones import NETWORKS, VGG16, backbone, prepared, seeded
from features.pretrained.weights import Weights, md5_of
from features.spec import Unavailable
from tests.weight_files import give_no_file, write_headings, write_weights

pytest.importorskip("keras")
NOBODY_THERE = "http://127.0.0.1:9/weights.h5"


@pytest.fixture(autouse=True)
def keras_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in place of the one in which Keras keeps files, and no file given."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    give_no_file(monkeypatch)
    return tmp_path / "keras"


@pytest.mark.parametrize(
    ("name", "n_weights"), [("vgg16", 14_714_688), pytest.param("resnet50", 23_587_712, marks=pytest.mark.slow)]
)
def test_the_networks_have_their_published_shape_and_a_seed_draws_their_weights(name: str, n_weights: int) -> None:
    drawn = []
    for seed in (1, 1, 2):
        with seeded(seed):
            network = backbone(name)
        drawn.append(np.concatenate([np.ravel(array) for array in network.get_weights()]))
    assert len(drawn[0]) == n_weights == network.count_params()
    assert (drawn[0] == drawn[1]).all() and (drawn[0] != drawn[2]).mean() > 0.9
    assert NETWORKS[name][1].layer in {layer.name for layer in network.layers}


def test_seeding_leaves_other_generators_as_they_were() -> None:
    import random

    states = random.getstate(), np.random.get_state()[1].copy()  # type: ignore[index]
    with seeded(7):
        random.random()
    assert random.getstate() == states[0] and (np.random.get_state()[1] == states[1]).all()  # type: ignore[index]


def test_digits_stand_in_the_middle_in_colour_with_the_means_taken_away() -> None:
    images = np.full((2, 28, 20), 255.0, np.float32)
    for name in NETWORKS:
        made = np.asarray(prepared(images, name))
        assert made.shape == (2, 32, 32, 3)
        black, white = made[0, 0, 0], made[0, 16, 16]
        assert black == pytest.approx([-103.939, -116.779, -123.68]) and white - black == pytest.approx(255)
        ink = made[0, :, :, 0] > 0
        assert ink[2:30, 6:26].all() and ink.sum() == 28 * 20


@pytest.mark.parametrize("shape", [(64, 64), (40, 30), (28, 40)])
def test_larger_images_are_made_smaller_with_their_proportions(shape: tuple[int, int]) -> None:
    images = np.full((1, *shape), 255.0, np.float32)
    ink = np.asarray(prepared(images, "vgg16"))[0, :, :, 0] > 0
    height, width = (round(side * 32 / max(shape)) for side in shape)
    assert abs(int(ink.any(axis=1).sum()) - height) <= 1 and abs(int(ink.any(axis=0).sum()) - width) <= 1


def test_weights_that_cannot_be_fetched_are_named_with_size_folder_and_option(keras_home: Path) -> None:
    for _ in range(2):
        with pytest.raises(Unavailable) as refused:
            replace(VGG16, url=NOBODY_THERE).path()
        for part in (VGG16.file, "58.9 MB", str(keras_home / "models"), "--weights FILE", "refused"):
            assert part in str(refused.value)
    assert not (keras_home / "models" / VGG16.file).exists()
    assert not VGG16.available


def test_a_folder_in_the_home_folder_names_no_user(keras_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(keras_home.parent))
    with pytest.raises(Unavailable, match="put it into ~/keras/models, or"):
        replace(VGG16, url=NOBODY_THERE).path()


def test_a_folder_that_cannot_be_made_is_said(keras_home: Path) -> None:
    keras_home.write_text("in the way")
    with pytest.raises(Unavailable, match="cannot be fetched"):
        replace(VGG16, url=NOBODY_THERE).path()


def test_published_weights_at_hand_are_taken_and_others_under_their_name_are_not(keras_home: Path) -> None:
    file = keras_home / "models" / "some.h5"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"weights")
    weights = Weights("vgg16", "block1_conv1", file.name, NOBODY_THERE, md5_of(file), 0.1)
    assert weights.path() == file and weights.available and weights.content == md5_of(file)
    file.write_bytes(b"changed")
    with pytest.raises(Unavailable):
        weights.path()


def test_a_given_file_is_loaded_in_the_layout_of_keras_applications(tmp_path: Path) -> None:
    file = write_weights(tmp_path / "given.h5", seed=5)
    VGG16.use(file)
    assert VGG16.path() == file and VGG16.available and VGG16.content == md5_of(file) != VGG16.md5
    with seeded(5):
        expected = backbone("vgg16").get_weights()
    for array, other in zip(backbone("vgg16", VGG16.path()).get_weights(), expected, strict=True):
        assert (array == other).all()
    with pytest.raises(ValueError, match="does not hold the weights of resnet50 without its last layers"):
        backbone("resnet50", file)
    with pytest.raises(ValueError, match="does not hold the weights of vgg16") as refused:
        backbone("vgg16", write_headings(tmp_path / "headings.h5"))
    assert "\n" not in str(refused.value)
    VGG16.use(None)
    assert VGG16.given is None and VGG16.content == VGG16.md5


def test_the_content_counts_and_not_the_name(tmp_path: Path) -> None:
    one, same, other = (tmp_path / name for name in ("one", "same", "other"))
    for file, text in ((one, "a"), (same, "a"), (other, "b")):
        file.write_text(text)
    assert md5_of(one) == md5_of(same) != md5_of(other)
    other.write_text("a")
    assert md5_of(other) == md5_of(one)
