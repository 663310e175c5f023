"""Images changed at random: what stays, what moves where, how much, and how fast."""

from __future__ import annotations

import math
import os
import time
from dataclasses import replace
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.ndimage import affine_transform, gaussian_filter

from models.networks.augment import Augmentation, augmented
from models.networks.training_settings import AUGMENTATION

SHAPES = st.tuples(st.integers(0, 5), st.integers(1, 7), st.integers(1, 7))
IMAGES = st.one_of(
    SHAPES.flatmap(lambda shape: arrays(np.uint8, shape)),
    SHAPES.flatmap(lambda shape: arrays(np.float32, shape, elements=st.floats(0, 1, width=32))),
)
AUGMENTATIONS = st.builds(
    Augmentation,
    **{name: st.floats(0, param.high) for name, param in AUGMENTATION.items()},
    smoothness=st.floats(0, 100, exclude_min=True),
)
SEEDS = st.integers(0, 2**64)
USUAL = Augmentation(rotation=10, scale=0.1, shift=2, shear=10, elastic=1)


def largest(name: str) -> float:
    high = AUGMENTATION[name].high
    assert high is not None
    return high


def blots(count: int, shape: tuple[int, int] = (28, 28)) -> NDArray[np.float32]:
    """Return smooth random images, dark near their borders."""
    noise = np.random.default_rng(0).normal(size=(count, *shape))
    rows, columns = (np.hanning(length + 2)[1:-1] for length in shape)
    smooth = gaussian_filter(noise, (0, 2, 2)) * rows[:, None] * columns
    images: NDArray[np.float32] = np.maximum(smooth / smooth.std(), 0).astype(np.float32)
    return images


def dot(count: int, shape: tuple[int, int] = (29, 29)) -> NDArray[np.float32]:
    """Return images with a single bright pixel in the middle."""
    images = np.zeros((count, *shape), np.float32)
    images[:, shape[0] // 2, shape[1] // 2] = 1
    return images


def centres(images: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return each image's centre of mass from its middle, rows and columns: shape (n, 2)."""
    _, height, width = images.shape
    mass = images.sum(axis=(1, 2), dtype=np.float64)
    rows = images.sum(axis=2) @ (np.arange(height) - (height - 1) / 2)
    columns = images.sum(axis=1) @ (np.arange(width) - (width - 1) / 2)
    places: NDArray[np.float64] = np.stack([rows, columns], axis=1) / mass[:, None]
    return places


@given(IMAGES, AUGMENTATIONS, SEEDS)
def test_shape_and_type_stay_and_no_pixel_is_brighter_or_darker_than_all(
    images: NDArray[Any], augmentation: Augmentation, seed: int
) -> None:
    before = images.copy()
    changed = augmented(images, augmentation, seed)
    assert changed.shape == images.shape and changed.dtype == images.dtype
    assert (images == before).all() and not np.shares_memory(changed, images)
    if images.size:
        assert changed.min() >= 0 and changed.max() <= images.max() * (1 + 1e-6)


@given(IMAGES, st.floats(0.1, 100), SEEDS)
def test_nothing_on_gives_an_exact_copy(images: NDArray[Any], smoothness: float, seed: int) -> None:
    same = augmented(images, Augmentation(smoothness=smoothness), seed)
    assert same.dtype == images.dtype and (same == images).all() and not np.shares_memory(same, images)


@given(IMAGES, SEEDS)
def test_flip_1_mirrors_exactly(images: NDArray[Any], seed: int) -> None:
    assert (augmented(images, Augmentation(flip=1), seed) == images[:, :, ::-1]).all()


@given(IMAGES, AUGMENTATIONS, SEEDS, st.integers(0, 5))
def test_the_changes_of_an_image_depend_on_its_place_alone(
    images: NDArray[Any], augmentation: Augmentation, seed: int, count: int
) -> None:
    changed = augmented(images, augmentation, seed)
    assert (augmented(images[:count], augmentation, seed) == changed[:count]).all()


@given(IMAGES, AUGMENTATIONS, SEEDS)
def test_images_may_lie_in_memory_in_any_order(images: NDArray[Any], augmentation: Augmentation, seed: int) -> None:
    turned = np.asfortranarray(images)
    assert (augmented(turned, augmentation, seed) == augmented(images, augmentation, seed)).all()


@pytest.mark.parametrize("threads", ["1", "2", "7"])
def test_the_number_of_threads_changes_nothing(threads: str, monkeypatch: pytest.MonkeyPatch) -> None:
    images = blots(300)
    expected = augmented(images, USUAL, 5)
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    assert (augmented(images, USUAL, 5) == expected).all()


def test_another_seed_and_another_block_are_other_changes() -> None:
    images = np.repeat(blots(1), 200, axis=0)
    first, second = (augmented(images, USUAL, seed) for seed in (0, 1))
    assert (first != second).any(axis=(1, 2)).all()
    assert len(np.unique(first, axis=0)) == len(images)


@pytest.mark.parametrize("name", AUGMENTATION)
def test_each_amount_alone_changes_images(name: str) -> None:
    images = blots(20)
    assert (augmented(images, Augmentation(**{name: largest(name) / 2}), 0) != images).any()


def test_shifts_spread_evenly_from_minus_to_plus_the_amount_on_both_axes() -> None:
    moved = centres(augmented(dot(4000), Augmentation(shift=3), 0))
    assert abs(moved).max() <= 3 + 1e-4
    assert moved.mean(axis=0) == pytest.approx([0, 0], abs=0.15)
    assert moved.std(axis=0) == pytest.approx(np.full(2, 3 / math.sqrt(3)), rel=0.05)
    assert abs((moved[:, 0] * moved[:, 1]).mean()) < 0.05 * 3


def matrix_of(kind: str, drawn: float) -> NDArray[np.float64]:
    """Return what one change does to (row, column) from the middle, for an amount drawn."""
    angle = math.radians(drawn)
    return {
        "rotation": np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]),
        "shear": np.array([[1, 0], [math.tan(angle), 1]]),
        "taller": np.array([[1 + drawn, 0], [0, 1]]),
        "wider": np.array([[1, 0], [0, 1 + drawn]]),
    }[kind]


def with_draws(images: NDArray[np.float32], augmentation: Augmentation, draws: list[float]) -> NDArray[np.float32]:
    """Return the images changed by known shares of the amounts, rather than random ones."""

    def uniform(low: float, high: float, shape: tuple[int, int]) -> NDArray[np.float64]:
        return np.broadcast_to(np.array(draws), shape)

    with mock.patch("numpy.random.default_rng", return_value=mock.Mock(uniform=uniform)):
        return augmented(images, augmentation, 0)


@pytest.mark.parametrize("shape", [(28, 28), (17, 30)])
def test_changes_are_those_that_scipy_makes_with_the_same_matrix(shape: tuple[int, int]) -> None:
    image = blots(1, shape)
    amounts = Augmentation(rotation=40, scale=0.3, shift=3, shear=20)
    draws = [0.6, -0.5, 0.8, 0.3, -0.7, 0.4, 0.0]
    changed = with_draws(image, amounts, draws)[0]
    forward = (
        matrix_of("rotation", 0.6 * 40)
        @ matrix_of("shear", 0.4 * 20)
        @ matrix_of("taller", -0.5 * 0.3)
        @ matrix_of("wider", 0.8 * 0.3)
    )
    back = np.linalg.inv(forward)
    middle = (np.array(shape) - 1) / 2
    offset = middle - back @ (middle + np.array([0.3, -0.7]) * 3)
    # A frame of background, as scipy does not interpolate between the border and what lies outside.
    framed = np.pad(image[0], 1)
    expected = affine_transform(framed, back, offset + 1 - back @ np.ones(2), order=1)[1:-1, 1:-1]
    assert changed == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("amount", ["rotation", "scale", "shift", "shear"])
def test_whole_numbers_are_those_of_floats_rounded(amount: str) -> None:
    whole = (np.clip(blots(50) / 4, 0, 1) * 255).astype(np.uint8)
    amounts = Augmentation(**{amount: min(largest(amount), 10) / 2})
    floats = augmented(whole.astype(np.float32), amounts, 3)
    assert (augmented(whole, amounts, 3) == np.rint(floats)).all()


def test_a_disc_hardly_notices_a_rotation() -> None:
    rows, columns = np.mgrid[-13.5:14, -13.5:14]
    disc = np.clip(9 - np.hypot(rows, columns), 0, 1).astype(np.float32)
    turned = augmented(np.repeat(disc[None], 100, axis=0), Augmentation(rotation=180), 0)
    assert abs(turned - disc).mean() < 0.02


def test_usual_changes_keep_most_of_the_ink() -> None:
    images = blots(2000)
    assert augmented(images, USUAL, 0).mean() == pytest.approx(images.mean(), rel=0.03)


def test_half_of_the_images_are_mirrored_at_one_half() -> None:
    images = blots(4000)
    changed = augmented(images, Augmentation(flip=0.5), 0)
    mirrored = (changed == images[:, :, ::-1]).all(axis=(1, 2))
    same = (changed == images).all(axis=(1, 2))
    assert (mirrored ^ same).all()
    assert mirrored.mean() == pytest.approx(0.5, abs=0.04)


def displacements(augmentation: Augmentation, count: int = 1500) -> NDArray[np.float64]:
    """Return how far pixels well inside the frame are displaced, down and right: shape (2, n, rows, columns)."""
    inside = (slice(None), slice(10, 31), slice(10, 31))
    ramps = np.mgrid[1000:1041, 1000:1041].astype(np.float32)
    return np.stack(
        [(augmented(np.repeat(ramp[None], count, axis=0), augmentation, 0) - ramp)[inside] for ramp in ramps]
    )


@pytest.mark.parametrize("smoothness", [2.0, 4.0])
def test_an_elastic_change_moves_pixels_by_its_amount_and_neighbours_alike(smoothness: float) -> None:
    moved = displacements(Augmentation(elastic=1.5, smoothness=smoothness))
    assert np.sqrt((moved**2).mean(axis=(1, 2, 3))) == pytest.approx(np.full(2, 1.5), rel=0.03)
    assert np.sqrt((moved**2).mean(axis=1)) == pytest.approx(np.full((2, 21, 21), 1.5), rel=0.15)
    assert abs((moved[0] * moved[1]).mean()) < 0.1
    for apart in (1, 4, 8):
        correlation = (moved[..., apart:] * moved[..., :-apart]).mean() / (moved**2).mean()
        # White noise smoothed by a Gaussian correlates as a Gaussian √2 times as wide.
        assert correlation == pytest.approx(math.exp(-((apart / (2 * smoothness)) ** 2)), abs=0.05)


@pytest.mark.parametrize("name", [*AUGMENTATION, "smoothness"])
@pytest.mark.parametrize("amount", [-0.1, math.nan, math.inf, -math.inf])
def test_an_amount_that_means_nothing_is_refused_by_name(name: str, amount: float) -> None:
    with pytest.raises(ValueError, match=rf"^{name} should be [^\n]+$"):
        replace(USUAL, **{name: amount})


@pytest.mark.parametrize(("name", "amount"), [("flip", 1.01), ("scale", 1), ("shear", 90), ("smoothness", 0)])
def test_an_amount_beyond_what_can_be_is_refused(name: str, amount: float) -> None:
    with pytest.raises(ValueError, match=name):
        replace(USUAL, **{name: amount})


def test_images_too_large_to_count_pixels_in_single_precision_are_refused() -> None:
    with pytest.raises(ValueError, match="4100×4100"):
        augmented(np.broadcast_to(np.uint8(0), (1, 4100, 4100)), USUAL, 0)


def test_other_types_are_refused() -> None:
    with pytest.raises(TypeError, match="float64"):
        augmented(np.zeros((1, 2, 2)), USUAL, 0)  # type: ignore[type-var]


@pytest.mark.slow
def test_an_epoch_of_digits_is_changed_within_3_seconds_on_2_cores() -> None:
    images = np.random.default_rng(0).integers(0, 256, (70_000, 28, 28), dtype=np.uint8)
    with mock.patch.dict(os.environ, {"OMP_NUM_THREADS": "2"}):
        start = time.process_time()
        augmented(images, Augmentation(rotation=10, scale=0.1, shift=2), 0)
    # Both cores together: what else runs on the machine must not decide.
    assert time.process_time() - start < 2 * 3
