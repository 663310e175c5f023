"""What every feature pipeline of the registry keeps to."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from numpy.typing import NDArray

from features.registry import FEATURES
from features.spec import FeaturePipeline

SHAPES = [(28, 28), (8, 8), (32, 20)]


@pytest.fixture(params=FEATURES.values(), ids=list(FEATURES))
def pipeline(request: pytest.FixtureRequest) -> FeaturePipeline:
    entry: FeaturePipeline = request.param
    return entry


def blobs(n: int, shape: tuple[int, int], seed: int = 0) -> NDArray[np.uint8]:
    """Return images with a bright blot each."""
    generator = np.random.default_rng(seed)
    images = np.zeros((n, *shape), np.uint8)
    rows, columns = shape
    for image in images:
        top, left = generator.integers(0, rows // 2), generator.integers(0, columns // 2)
        image[top : top + rows // 2, left : left + columns // 2] = generator.integers(
            100, 255, (rows // 2, columns // 2)
        )
    return images


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_each_image_gives_one_row_of_finite_floats(pipeline: FeaturePipeline, shape: tuple[int, int]) -> None:
    images = blobs(6, shape)
    images[5] = 0
    kept = images.copy()
    images.flags.writeable = False
    X = pipeline.build().fit(images).transform(images)
    assert X.dtype == np.float32 and X.ndim == 2 and len(X) == 6 and X.flags.c_contiguous
    assert np.isfinite(X).all() and (images == kept).all()
    assert len(np.unique(X[:5], axis=0)) == 5


def test_a_row_depends_on_its_own_image_alone(pipeline: FeaturePipeline) -> None:
    images = blobs(5, (28, 28))
    transformer = pipeline.build().fit(images)
    X = transformer.transform(images)
    assert np.allclose(transformer.transform(images[2:3]), X[2:3], atol=1e-5)
    assert np.allclose(transformer.transform(images[::-1].copy()), X[::-1], atol=1e-5)
    assert transformer.transform(images[:0]).shape == (0, X.shape[1])


def test_a_fitted_transformer_pickles(pipeline: FeaturePipeline) -> None:
    images = blobs(4, (28, 28))
    transformer = pipeline.build().fit(images)
    again = pickle.loads(pickle.dumps(transformer))
    assert (again.transform(images) == transformer.transform(images)).all()
