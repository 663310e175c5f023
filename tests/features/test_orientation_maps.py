"""Orientation maps tell directions apart, and slant, place and size of the figure do not matter."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.ndimage
import sklearn.datasets
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from features.chunks import in_chunks
from features.deskew import slants
from features.orientation_maps import (
    FEATURES,
    FRAME,
    GRID,
    ORIENTATIONS,
    OrientationMaps,
    orientation_maps,
    standardise,
)

SHAPES = st.tuples(st.integers(0, 3), st.integers(1, 12), st.integers(1, 12))


@pytest.fixture(scope="module")
def digits() -> NDArray[np.uint8]:
    images = sklearn.datasets.load_digits().images[:300]
    enlarged = scipy.ndimage.zoom(images * 255 / 16, (1, 2.5, 2.5), order=1)
    return np.asarray(np.pad(np.rint(enlarged), ((0, 0), (4, 4), (4, 4))), np.uint8)


def likeness(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the cosine between rows of two matrices."""
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return np.asarray((first * second).sum(axis=1) / lengths, np.float32)


def test_standardised_digits_are_upright_and_in_the_middle(digits: NDArray[np.uint8]) -> None:
    upright = np.asarray(np.rint(standardise(digits)), np.uint8)
    slant, row_centre = slants(upright)
    assert abs(slant).mean() < 0.05 < abs(slants(digits)[0]).mean()
    np.testing.assert_allclose(row_centre, (FRAME - 1) / 2, atol=1)


def test_place_in_the_frame_does_not_matter(digits: NDArray[np.uint8]) -> None:
    moved = np.roll(digits, (2, -3), axis=(1, 2))
    np.testing.assert_allclose(orientation_maps(moved), orientation_maps(digits), atol=1e-3)


def test_shift_moves_the_standardised_image(digits: NDArray[np.uint8]) -> None:
    inner = np.s_[:, 4:-4, 4:-4]
    moved = np.roll(standardise(digits), (1, -2), axis=(1, 2))
    np.testing.assert_allclose(standardise(digits, shift=(1, -2))[inner], moved[inner], atol=0.01)
    assert likeness(orientation_maps(digits, shift=(1, -2)), orientation_maps(digits)).max() < 0.99


def test_number_of_pixels_hardly_matters(digits: NDArray[np.uint8]) -> None:
    doubled = digits.repeat(2, axis=1).repeat(2, axis=2)
    assert likeness(orientation_maps(doubled), orientation_maps(digits)).min() > 0.9


def test_a_bar_shows_the_two_directions_across_it() -> None:
    bar = np.zeros((1, 28, 28), np.uint8)
    bar[:, 4:24, 12:16] = 255
    energy = orientation_maps(bar).reshape(ORIENTATIONS, GRID, GRID)[:, GRID // 2].sum(axis=1)
    across = {0, ORIENTATIONS // 2}  # towards the left and towards the right
    assert set(np.argsort(energy)[-2:].tolist()) == across
    assert min(energy[list(across)]) > 10 * np.delete(energy, list(across)).max()


@settings(max_examples=200, deadline=None)
@given(SHAPES.flatmap(lambda shape: arrays(np.uint8, shape)))
def test_takes_any_images_and_leaves_them_alone(images: NDArray[np.uint8]) -> None:
    before = images.copy()
    images.flags.writeable = False
    described = orientation_maps(images)
    np.testing.assert_array_equal(images, before)
    assert described.shape == (len(images), ORIENTATIONS * GRID * GRID)
    assert described.dtype == np.float32
    assert 0 <= described.min(initial=0) <= described.max(initial=1) <= 1


@pytest.mark.parametrize("ink", [0, 255])
def test_blank_images_give_finite_numbers(ink: int) -> None:
    blank = np.full((2, 28, 28), ink, np.uint8)
    assert np.isfinite(OrientationMaps().fit(blank).transform(blank)).all()


@pytest.mark.parametrize("pixels_at_once", [1, 7 * 784, 10**9])
def test_size_of_chunks_changes_nothing(digits: NDArray[np.uint8], pixels_at_once: int) -> None:
    in_chunks_of_that_size = in_chunks(orientation_maps, digits, pixels_at_once)
    np.testing.assert_array_equal(in_chunks_of_that_size, orientation_maps(digits))


def test_training_images_have_a_mean_length_of_one(digits: NDArray[np.uint8]) -> None:
    matrix = FEATURES[0].build().fit(digits).transform(digits)
    assert np.linalg.norm(matrix, axis=1).mean() == pytest.approx(1, rel=1e-5)
    assert matrix.dtype == np.float32
    assert matrix.flags.c_contiguous


def test_scale_comes_from_the_training_images_alone(digits: NDArray[np.uint8]) -> None:
    transformer = OrientationMaps().fit(digits)
    np.testing.assert_array_equal(transformer.transform(digits[:1]), transformer.transform(digits)[:1])


@pytest.mark.parametrize("shape", [(3, 28, 28), (1, 8, 8), (2, 32, 32), (2, 20, 9), (0, 28, 28)])
def test_pipeline_takes_any_number_and_size_of_images(shape: tuple[int, int, int]) -> None:
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    matrix = FEATURES[0].build().fit(images).transform(images)
    assert matrix.shape == (shape[0], ORIENTATIONS * GRID * GRID)
    assert np.isfinite(matrix).all()
