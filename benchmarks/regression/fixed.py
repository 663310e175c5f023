"""The fixed slice of digits that models and features are tracked on, and the contexts for models on it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.datasets.preprocessing.splits import take
from benchmarks.datasets.registry import DATASETS
from benchmarks.datasets.spec import DataPlaces, Split
from features.registry import FEATURES
from features.spec import Transformer
from models.spec import BuildContext, ModelSpec, Setting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

N_TRAIN, N_VALIDATION, N_TEST = 300, 60, 1_000
# few steps of a network tell as much about its speed as many; bfloat16, which not every processor has, learns otherwise
QUICK: dict[str, Setting] = {"epochs": 3, "min_steps": 0, "batch": 32, "networks": 2, "precision": "float32"}
THREADS = 1  # several wait for the slowest of them, which on a shared machine is chance


@cache
def slice_of_digits() -> tuple[Split, Split]:
    """Return what to learn from and what to read: both from the images that digits has for learning."""
    import numpy as np

    images = DATASETS["digits"].load(DataPlaces((), Path()))
    learnable = Split(
        np.concatenate([images.train.images, images.validation.images]),
        np.concatenate([images.train.labels, images.validation.labels]),
    )
    rows = np.arange(N_TRAIN + N_TEST)
    return take(learnable, rows[:N_TRAIN]), take(learnable, rows[N_TRAIN:])


@cache
def transformer(features: str) -> Transformer:
    """Return a pipeline, fitted on what there is to learn from."""
    return FEATURES[features].build().fit(slice_of_digits()[0].images)


@cache
def matrices(features: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the feature matrices of both parts."""
    train, test = slice_of_digits()
    transform = transformer(features).transform
    return transform(train.images), transform(test.images)


def context(spec: ModelSpec, features: str) -> BuildContext:
    """Return what a model is told before it learns from the slice."""
    height, width = slice_of_digits()[0].images.shape[1:]
    settings = spec.defaults_on(features)
    return BuildContext(
        n_classes=10,
        image_shape=(height, width),
        n_validation=N_VALIDATION,
        threads=THREADS,
        settings={**settings, **{name: value for name, value in QUICK.items() if name in settings}},
        features=features,
        images=slice_of_digits()[0].images,
        transformer=transformer(features),
    )
