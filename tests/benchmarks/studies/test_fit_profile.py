from __future__ import annotations

import cProfile
import pstats

import numpy as np
import pytest

from benchmarks.studies.fit_profile import PARTS, shares
from models.networks.augment import Augmentation, augmented
from models.registry import MODELS
from models.spec import BuildContext, Setting


def test_a_profile_is_split_into_its_parts() -> None:
    images = np.random.default_rng(0).random((500, 28, 28), np.float32)
    with cProfile.Profile() as profile:
        augmented(images, Augmentation(rotation=8.0), 0)
        sorted(range(100_000), key=str)
    seconds, *parts = shares(pstats.Stats(profile))
    of = dict(zip((*PARTS, "rest"), parts, strict=True))
    assert seconds > 0 and of["augmentation"] > 0.01 and of["rest"] > 0.01
    assert of["steps"] == of["tracing"] == of["average"] == 0


def test_the_functions_of_the_parts_exist_in_network_training() -> None:
    pytest.importorskip("tensorflow")
    X, y = np.random.default_rng(0).random((200, 64), np.float32), np.arange(200) % 10
    settings: dict[str, Setting] = {**MODELS["mlp"].defaults_on("pixels"), "epochs": 1, "rotation": 8.0}
    model = MODELS["mlp"].build(BuildContext(10, (8, 8), 0, settings=settings))
    with cProfile.Profile() as profile:
        model.fit(X, y)
    _, *parts = shares(pstats.Stats(profile))
    assert all(part > 0 for part in parts), dict(zip((*PARTS, "rest"), parts, strict=True))
