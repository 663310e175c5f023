"""Deskewing sets slanted strokes upright and leaves upright ones where they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from features.chunks import in_chunks, thread_count
from features.deskew import FEATURES, deskew, slants

SHAPES = st.tuples(st.integers(0, 4), st.integers(1, 12), st.integers(1, 12))


def bars(*columns_a_row: float) -> NDArray[np.uint8]:
    """Draw, for each slant, a soft bar through the middle of a 28x28 image."""
    rows, columns = np.mgrid[:28, :28] - 13.5
    distance = columns - np.asarray(columns_a_row)[:, None, None] * rows
    bar = np.clip(2.5 - abs(distance), 0, 1) * (abs(rows) < 8)
    drawn: NDArray[np.uint8] = np.rint(255 * bar).astype(np.uint8)
    return drawn


def test_measures_the_slant_of_a_bar() -> None:
    slant, row_centre = slants(bars(-0.8, -0.3, 0, 0.5, 1.0))
    np.testing.assert_allclose(slant, [-0.8, -0.3, 0, 0.5, 1.0], atol=0.01)
    np.testing.assert_allclose(row_centre, 13.5, atol=0.01)


@settings(max_examples=200, deadline=None)
@given(slant=st.floats(-1.0, 1.0))
def test_sets_a_slanted_bar_upright(slant: float) -> None:
    upright = deskew(bars(slant))
    assert abs(slants(upright)[0][0]) < 0.02
    assert upright.mean() == pytest.approx(bars(slant).mean(), rel=0.02)


def test_leaves_an_upright_bar_as_it_is() -> None:
    np.testing.assert_array_equal(deskew(bars(0)), bars(0))


def test_mirrored_images_give_mirrored_results() -> None:
    images = bars(0.2, 0.7)
    np.testing.assert_allclose(deskew(images[:, :, ::-1])[:, :, ::-1], deskew(images), atol=1)


@settings(max_examples=200, deadline=None)
@given(SHAPES.flatmap(lambda shape: arrays(np.uint8, shape)))
def test_takes_any_images_and_leaves_them_alone(images: NDArray[np.uint8]) -> None:
    before = images.copy()
    images.flags.writeable = False
    upright = deskew(images)
    np.testing.assert_array_equal(images, before)
    assert upright.shape == images.shape
    assert upright.dtype == np.uint8
    assert upright.max(initial=0) <= images.max(initial=0)


@pytest.mark.parametrize("ink", [0, 255])
def test_a_plain_image_stays_as_it_is(ink: int) -> None:
    plain = np.full((2, 20, 9), ink, np.uint8)
    np.testing.assert_array_equal(deskew(plain), plain)


@pytest.mark.parametrize("pixels_at_once", [1, 7 * 784, 10**9])
def test_size_of_chunks_changes_nothing(pixels_at_once: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (300, 28, 28), dtype=np.uint8)
    np.testing.assert_array_equal(in_chunks(deskew, images, pixels_at_once), deskew(images))


def test_an_error_in_a_chunk_reaches_the_caller() -> None:
    def refuse_marked(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if images.any():
            raise ValueError("marked")
        return images

    images = np.zeros((10, 4, 4), np.uint8)
    images[-1] = 1
    with pytest.raises(ValueError, match="marked"):
        in_chunks(refuse_marked, images, pixels_at_once=32)


@pytest.mark.parametrize(("setting", "threads"), [("3", 3), ("2,1", 2)])
def test_threads_follow_the_variable(monkeypatch: pytest.MonkeyPatch, setting: str, threads: int) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", setting)
    assert thread_count() == threads


def test_pipeline_scales_to_one() -> None:
    matrix = FEATURES[0].build().fit(bars(0)).transform(bars(0, 0.5))
    assert matrix.shape == (2, 784)
    assert matrix.dtype == np.float32
    assert matrix.flags.c_contiguous
    np.testing.assert_allclose(matrix[0], bars(0).ravel() / 255, rtol=1e-6)
