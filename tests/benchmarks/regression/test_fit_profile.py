from __future__ import annotations

import cProfile
import pstats

import numpy as np

from benchmarks.regression.fit_profile import PARTS, shares
from features.augment import Augmentation, augmented


def test_a_profile_is_split_into_the_parts_that_were_there() -> None:
    images = np.random.default_rng(0).random((500, 28, 28), np.float32)
    with cProfile.Profile() as profile:
        augmented(images, Augmentation(rotation=8.0), 0)
        sorted(range(100_000), key=str)
    seconds, *parts = shares(pstats.Stats(profile))
    of = dict(zip((*PARTS, "rest"), parts, strict=True))
    assert seconds > 0 and of["changed images"] > 0.01 and of["rest"] > 0.01
    assert of["steps"] == of["tracing"] == of["average"] == 0
