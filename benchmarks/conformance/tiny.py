"""Tiny data for the checks: some of scikit-learn's digits, at any size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from benchmarks.datasets.sources.digits import LARGEST_VALUE
from benchmarks.datasets.spec import SIDE
from features.spec import FeaturePipeline, Transformer
from models.spec import BuildContext, Progress, Setting, no_progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

N_CLASSES = 10
N_TRAIN, N_VALIDATION, N_TEST = 240, 60, 100
DEFAULT_SHAPE, OTHER_SHAPES = (SIDE, SIDE), ((8, 8), (32, 20), (64, 64))
OTHER_SIZES = "8×8, 32×20 and 64×64"
THREADS = 2


@dataclass(frozen=True)
class Tiny:
    """Training images and labels, the last ``n_validation`` of them for validation, and test images.

    ``train`` and ``test`` are the feature matrices computed by ``transformer``, the pipeline named ``features``.
    """

    features: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    n_validation: int
    test_labels: NDArray[np.int64]
    transformer: Transformer
    train: NDArray[np.float32]
    test: NDArray[np.float32]


def tiny(pipeline: FeaturePipeline, shape: tuple[int, int] = DEFAULT_SHAPE, without: int | None = None) -> Tiny:
    """Return digits of one shape and their features; ``without`` removes a class from training."""
    import numpy as np

    images, labels = digits(shape)
    rows = np.arange(N_TRAIN + N_VALIDATION)
    rows = rows[labels[rows] != without]
    test = slice(N_TRAIN + N_VALIDATION, None)
    transformer = pipeline.build().fit(images[rows])
    return Tiny(
        features=pipeline.name,
        images=images[rows],
        labels=labels[rows],
        n_validation=int((rows >= N_TRAIN).sum()),
        test_labels=labels[test],
        transformer=transformer,
        train=np.array(transformer.transform(images[rows])),
        test=np.array(transformer.transform(images[test])),
    )


def context(
    data: Tiny, settings: Mapping[str, Setting], seed: int = 0, progress: Progress = no_progress
) -> BuildContext:
    """Return the ``BuildContext`` of a model for ``data``."""
    height, width = data.images.shape[1:]
    return BuildContext(
        n_classes=N_CLASSES,
        image_shape=(height, width),
        n_validation=data.n_validation,
        seed=seed,
        threads=THREADS,
        settings=settings,
        progress=progress,
        features=data.features,
        images=data.images,
        transformer=data.transformer,
    )


@cache
def digits(shape: tuple[int, int]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return images of ``shape`` and their labels, of shape (n,); the images are read-only."""
    import numpy as np
    from skimage.transform import resize
    from sklearn.datasets import load_digits

    n = N_TRAIN + N_VALIDATION + N_TEST
    bunch = load_digits()
    large = resize(bunch.images[:n] / LARGEST_VALUE, (n, *shape), order=3)
    images = np.asarray(np.rint(np.clip(large, 0, 1) * 255), np.uint8)
    images.flags.writeable = False
    return images, bunch.target[:n].astype(np.int64)
