"""Values of arrays as pixels: of 0 to 255, of 0 to 1, or of the range that is given; never silently dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.common.errors import BenchError
from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.readers.pixel_values import as_given_pixels
from benchmarks.datasets.spec import Images, ReadingOptions
from benchmarks.datasets.user_data import open_path
from tests.benchmarks.datasets.helpers import error_message
from tests.benchmarks.datasets.sample_files import some_images, write_csv, write_folder, write_idx, write_npz

TRAIN = some_images()
INK = (TRAIN[0] > 99).astype(np.uint8) * np.uint8(255)
Given = tuple[float, float] | None


def opened(path: Path, pixel_range: Given = None) -> Images:
    return open_path(str(path), PreprocessingOptions(reading=ReadingOptions(pixel_range=pixel_range)))


@pytest.mark.parametrize(
    ("values", "pixel_range"),
    [
        (INK, None),
        (INK / 255, None),
        (INK // 36, (0, 7)),
        (INK / 2.55, (0, 100)),
        (INK * 257.0, (0, 65535)),
        (INK / 127.5 - 1, (-1, 1)),
        (INK.astype(int) * 16 + 15, (15, 4095)),
    ],
)
@pytest.mark.parametrize("suffix", ["npz", "csv"])
def test_images_of_any_range_are_the_same(
    values: NDArray[Any], pixel_range: Given, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"d.{suffix}"
    if suffix == "npz":
        write_npz(path, (values, TRAIN[1]))
    else:
        write_csv(path, values, TRAIN[1])
    whole = opened(write_npz(tmp_path / "whole.npz", (INK, TRAIN[1])))
    images = opened(path, pixel_range)
    assert (images.train.images == whole.train.images).all()
    assert images.preparation.pixel_range == pixel_range and not any("CAREFUL" in note for note in images.notes)


def test_a_range_applies_to_idx_files_and_not_to_image_files(tmp_path: Path) -> None:
    idx = write_idx(tmp_path / "idx", (INK // 36, TRAIN[1]))
    assert opened(idx, (0, 7)).train.images.max() == 255
    folder = write_folder(tmp_path / "images", *TRAIN)
    assert "--pixel-range=0..7 does not apply" in error_message(lambda: opened(folder, (0, 7)))


@pytest.mark.parametrize("largest", [7, 100, 128])
def test_arrays_without_full_ink_are_pointed_out_with_the_way_out(largest: int, tmp_path: Path) -> None:
    path = write_npz(tmp_path / "d.npz", (INK.astype(int) * largest // 255, TRAIN[1]))
    assert any(
        f"no pixel is above {largest} of 255; if that is full, give --pixel-range 0..{largest}" in note
        for note in opened(path).notes
    )


def test_values_outside_are_refused_with_the_option(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "d.npz", (INK * 16.0, TRAIN[1]))
    assert "from 0 to 4080; expected 0 to 255, or 0 to 1; give --pixel-range" in error_message(lambda: opened(path))
    assert "expected 0..1023, as --pixel-range says" in error_message(lambda: opened(path, (0, 1023)))
    table = write_csv(tmp_path / "d.csv", INK * 16.0, TRAIN[1])
    assert "expected 0..1023, as --pixel-range says" in error_message(lambda: opened(table, (0, 1023)))


def test_a_small_range_is_stored_with_the_preparation(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "d.npz", (INK.astype(int) * 16 // 255, TRAIN[1]))
    assert opened(path).preparation.pixel_range == (0, 16)


@pytest.mark.parametrize(
    ("given", "of_training"),
    [
        (INK, None),
        (INK / 255, None),
        (INK // 255, None),
        (INK > 0, None),
        (INK // 255 * 16, (0, 16)),
        (INK / 255, (0, 16)),
        (INK, (0, 16)),
        (INK / 127.5 - 1, (-1, 1)),
        (INK, (-1, 1)),
        (INK * 16.0, (0, 4080)),
        (INK / 255 * 1.002, (0, 1)),
        (INK / 510, (0, 0.5)),
    ],
)
def test_what_is_given_to_a_model_is_the_same_in_any_range(given: NDArray[Any], of_training: Given) -> None:
    assert (as_given_pixels(given, "x", of_training) == INK).all()


@pytest.mark.parametrize(
    ("given", "of_training", "message"),
    [
        (INK // 255 * 16, None, "no value is above 16; give values of 0 to 255, or of 0 to 1"),
        (INK / 255 * 15, None, "no value is above 15"),
        (INK / 255, (-1, 1), "may be of 0 to 1 or of -1..1"),
        (INK * 16.0, (0, 16), "pixels range from 0 to 4080"),
        (INK, (0, 25500), "may be of 0 to 255 or of 0..25500, as the training images are; give some of 0 to 1"),
        (INK, (-1000, 1000), "may be of 0 to 255 or of -1000..1000, as the training images are; give some of -1000..0"),
        (np.full((2, 4, 4), np.nan), None, "2 images have pixels that are NaN"),
    ],
)
def test_what_may_be_of_two_ranges_is_refused(given: NDArray[Any], of_training: Given, message: str) -> None:
    with pytest.raises(BenchError, match=message.replace(".", r"\.")):
        as_given_pixels(given, "x", of_training)


@pytest.mark.parametrize("suffix", ["npz", "csv"])
def test_fractions_that_interpolation_brought_a_little_outside_keep_their_greys(suffix: str, tmp_path: Path) -> None:
    values = TRAIN[0] / 255
    beyond = np.where(values == values.max(), 1.04, np.where(values == 0, -0.03, values))

    def written(name: str, array: NDArray[Any]) -> Path:
        path = tmp_path / f"{name}.{suffix}"
        return write_npz(path, (array, TRAIN[1])) if suffix == "npz" else write_csv(path, array, TRAIN[1])

    expected, images = opened(written("a", values)), opened(written("b", beyond))
    assert (images.train.images == expected.train.images).all()
    assert (as_given_pixels(beyond, "x") == TRAIN[0]).all()


def test_broken_numbers_of_a_range_that_is_not_certain_are_refused(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "d.npz", (TRAIN[0] / 16, TRAIN[1]))
    assert "none is above 15.9375; give --pixel-range 0..15.9375" in error_message(lambda: opened(path))
    assert opened(path, (0, 16)).train.images.max() >= 250


def test_arrays_with_pixels_that_are_no_numbers_are_counted(tmp_path: Path) -> None:
    values = TRAIN[0] / 255
    values[[3, 5], 0, 0] = np.nan
    message = error_message(lambda: opened(write_npz(tmp_path / "d.npz", (values, TRAIN[1]))))
    assert "2 images have pixels that are NaN" in message
