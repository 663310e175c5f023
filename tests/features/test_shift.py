"""Copies of images moved by whole pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from features.orientation_maps import OrientationMaps
from features.pixels import Pixels
from features.shift import Shift, shifted, transform_shifted

IMAGES = st.tuples(st.integers(0, 3), st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda shape: arrays(np.uint8, shape)
)
SHIFTS = st.tuples(st.integers(-7, 7), st.integers(-7, 7))


@given(IMAGES, SHIFTS)
def test_every_pixel_comes_from_where_the_shift_says_or_is_background(images: NDArray[np.uint8], shift: Shift) -> None:
    moved = shifted(images, shift)
    assert moved.shape == images.shape and moved.dtype == np.uint8
    _, height, width = images.shape
    for row in range(height):
        for column in range(width):
            from_row, from_column = row - shift[0], column - shift[1]
            inside = 0 <= from_row < height and 0 <= from_column < width
            expected = images[:, from_row, from_column] if inside else np.zeros(len(images))
            assert (moved[:, row, column] == expected).all()


def blot(row: int, column: int) -> NDArray[np.uint8]:
    images = np.zeros((1, 28, 28), np.uint8)
    images[:, row : row + 9, column : column + 6] = 200
    return images


def test_a_transformer_sees_the_original_moved() -> None:
    pixels = Pixels().fit(blot(8, 8))
    assert (transform_shifted(pixels, blot(8, 8), (1, -2)) == pixels.transform(blot(9, 6))).all()


def test_a_transformer_that_sets_images_in_the_middle_moves_what_it_made() -> None:
    maps = OrientationMaps().fit(blot(8, 8))
    assert maps.transform(blot(9, 6)) == pytest.approx(maps.transform(blot(8, 8)), abs=1e-3)
    moved = transform_shifted(maps, blot(8, 8), (1, -2))
    assert abs(moved - maps.transform(blot(8, 8))).max() > 0.01
