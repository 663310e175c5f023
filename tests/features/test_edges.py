"""Edges of many images at once are scikit-image's edges of each."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.ndimage
import skimage.feature
import skimage.filters
import sklearn.datasets
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from features.chunks import in_chunks
from features.edges import FEATURES, Edges, canny, sobel

IMAGES = st.tuples(st.integers(1, 4), st.integers(3, 12), st.integers(3, 12)).flatmap(
    lambda shape: arrays(np.uint8, shape, elements=st.sampled_from([0, 20, 128, 255]))
)


@pytest.fixture(scope="module")
def digits() -> NDArray[np.uint8]:
    images = sklearn.datasets.load_digits().images[:300]
    enlarged = scipy.ndimage.zoom(images * 255 / 16, (1, 3.5, 3.5), order=1)
    return np.asarray(np.rint(enlarged), np.uint8)


def canny_one_by_one(images: NDArray[np.uint8], sigma: float) -> NDArray[np.bool_]:
    return np.array([skimage.feature.canny(image, sigma) for image in images])


def sobel_one_by_one(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.array([skimage.filters.sobel(image) for image in images])


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0])
def test_canny_equals_scikit_image_on_digits(digits: NDArray[np.uint8], sigma: float) -> None:
    np.testing.assert_array_equal(canny(digits, sigma), canny_one_by_one(digits, sigma))


@settings(max_examples=400, deadline=None)
@given(images=IMAGES, sigma=st.sampled_from([0.3, 1.0, 1.7]))
def test_canny_equals_scikit_image_on_anything(images: NDArray[np.uint8], sigma: float) -> None:
    np.testing.assert_array_equal(canny(images, sigma), canny_one_by_one(images, sigma))


def test_canny_equals_scikit_image_on_noise() -> None:
    images = np.random.default_rng(0).integers(0, 256, (200, 29, 31), dtype=np.uint8)
    np.testing.assert_array_equal(canny(images), canny_one_by_one(images, sigma=1.0))


def test_sobel_equals_scikit_image_on_digits(digits: NDArray[np.uint8]) -> None:
    np.testing.assert_allclose(sobel(digits), sobel_one_by_one(digits), rtol=0, atol=1e-12)


@settings(max_examples=200, deadline=None)
@given(images=IMAGES)
def test_sobel_equals_scikit_image_on_anything(images: NDArray[np.uint8]) -> None:
    np.testing.assert_allclose(sobel(images), sobel_one_by_one(images), rtol=0, atol=1e-12)


def test_pixels_sobel_and_canny_stand_side_by_side(digits: NDArray[np.uint8]) -> None:
    pixels, gradient, edges = np.split(Edges().transform(digits), 3, axis=1)
    np.testing.assert_allclose(pixels, digits.reshape(len(digits), -1) / 255, rtol=1e-6)
    np.testing.assert_allclose(gradient.reshape(digits.shape), sobel(digits), rtol=1e-6)
    np.testing.assert_array_equal(edges.reshape(digits.shape), canny(digits))


@pytest.mark.parametrize("pixels_at_once", [1, 7 * 784, 10**9])
def test_size_of_chunks_changes_nothing(digits: NDArray[np.uint8], pixels_at_once: int) -> None:
    np.testing.assert_array_equal(in_chunks(canny, digits, pixels_at_once), canny(digits))


def test_leaves_its_input_alone(digits: NDArray[np.uint8]) -> None:
    images = digits.copy()
    images.flags.writeable = False
    Edges().transform(images)
    np.testing.assert_array_equal(images, digits)


def test_blank_images_have_no_edges() -> None:
    for ink in (0, 255):
        images = np.full((2, 28, 28), ink, np.uint8)
        assert not canny(images).any()
        assert not sobel(images).any()


@pytest.mark.parametrize("shape", [(3, 28, 28), (1, 8, 8), (2, 32, 32), (2, 20, 9), (0, 28, 28)])
def test_pipeline_takes_any_number_and_size_of_images(shape: tuple[int, int, int]) -> None:
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    matrix = FEATURES[0].build().fit(images).transform(images)
    assert matrix.shape == (shape[0], 3 * shape[1] * shape[2])
    assert matrix.dtype == np.float32
    assert matrix.flags.c_contiguous
    assert 0 <= matrix.min(initial=0) <= matrix.max(initial=1) <= 1
