"""Embeddings: what a pickle of them holds, and that they are made again as they were."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from features.pretrained import embeddings
from features.pretrained.backbones import NETWORKS, VGG16
from features.pretrained.embeddings import FEATURES, Embedding
from features.spec import Unavailable
from tests.weight_files import give_no_file, write_weights

pytest.importorskip("keras")


@pytest.fixture(scope="module")
def images() -> NDArray[np.uint8]:
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (6, 28, 28), np.uint8)


@pytest.fixture(autouse=True)
def no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr("features.pretrained.weights._why_not_fetched", lambda weights, folder: "no network")
    give_no_file(monkeypatch)
    embeddings._network_for.cache_clear()


@pytest.mark.parametrize(
    "network", [pytest.param(name, marks=pytest.mark.slow) if name == "resnet50" else name for name in NETWORKS]
)
def test_random_weights_are_the_same_for_everybody(network: str, images: NDArray[np.uint8]) -> None:
    made = Embedding(network, pretrained=False).fit(images)
    X = made.transform(images)
    assert X.shape == (6, 4096) and X.dtype == np.float32
    pickled = pickle.dumps(made)
    assert len(pickled) < 1_000
    np.random.seed(3)
    embeddings._network_for.cache_clear()
    assert (pickle.loads(pickled).transform(images) == X).all()
    assert (X >= 0).all() and 0.1 < (X > 0).mean() < 0.98  # behind a rectifier


def test_pretrained_weights_that_are_missing_are_said_and_never_drawn(images: NDArray[np.uint8]) -> None:
    for pipeline in FEATURES:
        if pipeline.weights:
            with pytest.raises(Unavailable, match="--weights FILE"):
                pipeline.build().fit(images)
    assert [pipeline.name for pipeline in FEATURES if not pipeline.weights] == ["vgg16-random", "resnet50-random"]


def test_an_embedding_that_was_kept_finds_the_weights_it_was_made_with(
    tmp_path: Path, images: NDArray[np.uint8]
) -> None:
    file, moved, other = (tmp_path / name for name in ("file.h5", "moved.h5", "other.h5"))
    VGG16.use(write_weights(file, seed=1))
    X = Embedding("vgg16", pretrained=True).fit(images).transform(images)
    pickled = pickle.dumps(Embedding("vgg16", pretrained=True).fit(images))
    VGG16.use(None)
    assert (pickle.loads(pickled).transform(images) == X).all()  # from where it lay
    VGG16.use(write_weights(other, seed=2))
    assert (pickle.loads(pickled).transform(images) == X).all()
    file.rename(moved)
    with pytest.raises(Unavailable, match=r"file\.h5.*--weights FILE"):
        pickle.loads(pickled).transform(images)
    VGG16.use(moved)
    assert (pickle.loads(pickled).transform(images) == X).all()
    VGG16.use(other)
    assert (Embedding("vgg16", pretrained=True).fit(images).transform(images) != X).any()
