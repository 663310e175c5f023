"""HOG of many images at once is scikit-image's HOG of each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.ndimage
import skimage.feature
import sklearn.datasets
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from features.chunks import in_chunks
from features.hog import FEATURES, BlockNorm, hog_batch

NORMS: tuple[BlockNorm, ...] = ("L1", "L1-sqrt", "L2", "L2-Hys")


@pytest.fixture(scope="module")
def digits() -> NDArray[np.uint8]:
    images = sklearn.datasets.load_digits().images[:300]
    enlarged = scipy.ndimage.zoom(images * 255 / 16, (1, 3.5, 3.5), order=1)
    return np.asarray(np.rint(enlarged), np.uint8)


def one_by_one(images: NDArray[Any], **settings: Any) -> NDArray[np.float64]:
    return np.array([skimage.feature.hog(image, **settings) for image in images])


@pytest.mark.parametrize("block_norm", NORMS)
def test_equals_scikit_image_on_digits(digits: NDArray[np.uint8], block_norm: BlockNorm) -> None:
    expected = one_by_one(digits, pixels_per_cell=(4, 4), cells_per_block=(2, 2), block_norm=block_norm)
    np.testing.assert_allclose(hog_batch(digits, block_norm=block_norm), expected, rtol=0, atol=1e-5)


@settings(max_examples=300, deadline=None)
@given(
    images=st.tuples(st.integers(1, 3), st.integers(8, 17), st.integers(8, 17)).flatmap(
        lambda shape: arrays(np.uint8, shape, elements=st.sampled_from([0, 1, 2, 8, 100, 255]))
    ),
    orientations=st.integers(1, 30),
    pixels_per_cell=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    cells_per_block=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    block_norm=st.sampled_from(NORMS),
    transform_sqrt=st.booleans(),
)
def test_equals_scikit_image_at_any_setting(images: NDArray[np.uint8], **settings: Any) -> None:
    np.testing.assert_allclose(hog_batch(images, **settings), one_by_one(images, **settings), atol=1e-5)


def test_equals_scikit_image_on_fractions_of_ink() -> None:
    images = np.random.default_rng(0).random((5, 20, 26))
    expected = one_by_one(images, pixels_per_cell=(4, 4), cells_per_block=(2, 2))
    np.testing.assert_allclose(hog_batch(images), expected, atol=1e-5)


def test_no_image_depends_on_its_neighbours(digits: NDArray[np.uint8]) -> None:
    each = np.concatenate([hog_batch(image[None]) for image in digits])
    np.testing.assert_array_equal(hog_batch(digits), each)


@pytest.mark.parametrize("pixels_at_once", [1, 7 * 784, 10**9])
def test_size_of_chunks_changes_nothing(digits: NDArray[np.uint8], pixels_at_once: int) -> None:
    np.testing.assert_array_equal(in_chunks(hog_batch, digits, pixels_at_once), hog_batch(digits))


def test_leaves_its_input_alone(digits: NDArray[np.uint8]) -> None:
    images = digits.astype(np.float64)
    before = images.copy()
    images.flags.writeable = False
    hog_batch(images)
    np.testing.assert_array_equal(images, before)


def test_blank_images_have_no_orientation() -> None:
    assert not hog_batch(np.full((2, 28, 28), 255, np.uint8)).any()


def test_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="smaller than one block"):
        hog_batch(np.zeros((1, 7, 28), np.uint8))
    with pytest.raises(ValueError, match="block_norm is 'L3'"):
        hog_batch(np.zeros((1, 28, 28), np.uint8), block_norm="L3")  # type: ignore[arg-type]


@pytest.mark.parametrize("pipeline", FEATURES, ids=lambda pipeline: pipeline.name)
@pytest.mark.parametrize("shape", [(3, 28, 28), (1, 8, 8), (2, 32, 32), (2, 20, 9), (0, 28, 28)])
def test_pipelines_take_any_number_and_size_of_images(pipeline: Any, shape: tuple[int, int, int]) -> None:
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    matrix = pipeline.build().fit(images).transform(images)
    assert matrix.dtype == np.float32
    assert matrix.flags.c_contiguous
    assert len(matrix) == len(images)
    assert np.isfinite(matrix).all()
