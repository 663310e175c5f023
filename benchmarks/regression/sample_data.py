"""The fixed sample of digits for all benchmarks, and the ``BuildContext`` of models on it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from benchmarks.common.paths import cache_folder
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
# few steps are enough to measure speed; not every processor has bfloat16, which changes the results
QUICK: dict[str, Setting] = {"epochs": 3, "min_steps": 0, "batch": 32, "networks": 2, "precision": "float32"}
THREADS = 1  # several threads wait for the slowest, which is random on a shared machine


@cache
def sample_digits() -> tuple[Split, Split]:
    """Return train and test samples, both from the training images of digits."""
    import numpy as np

    images = DATASETS["digits"].load(DataPlaces((), cache_folder() / "data"))
    training = Split(
        np.concatenate([images.train.images, images.validation.images]),
        np.concatenate([images.train.labels, images.validation.labels]),
    )
    rows = np.arange(N_TRAIN + N_TEST)
    return take(training, rows[:N_TRAIN]), take(training, rows[N_TRAIN:])


@cache
def transformer(features: str) -> Transformer:
    """Return a pipeline, fitted on the training sample."""
    return FEATURES[features].build().fit(sample_digits()[0].images)


@cache
def matrices(features: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the feature matrices of both samples."""
    train, test = sample_digits()
    transform = transformer(features).transform
    return transform(train.images), transform(test.images)


def context(spec: ModelSpec, features: str) -> BuildContext:
    """Return the ``BuildContext`` of a model for the sample."""
    height, width = sample_digits()[0].images.shape[1:]
    settings = spec.defaults_on(features)
    return BuildContext(
        n_classes=10,
        image_shape=(height, width),
        n_validation=N_VALIDATION,
        threads=THREADS,
        settings={**settings, **{name: value for name, value in QUICK.items() if name in settings}},
        features=features,
        images=sample_digits()[0].images,
        transformer=transformer(features),
    )
