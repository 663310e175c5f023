"""Arrays of images in every order of their dimensions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.readers.array_shapes import as_image_array
from benchmarks.datasets.spec import Images, ReadingOptions
from benchmarks.datasets.user_data import open_path
from tests.benchmarks.datasets.helpers import error_message
from tests.benchmarks.datasets.sample_files import some_images, write_folder, write_npz
from tests.benchmarks.datasets.test_user_data_formats import whole

IMAGES, LABELS = some_images()
N, SIDE = IMAGES.shape[:2]
COLOUR = np.stack([IMAGES, IMAGES // 2, IMAGES // 3], axis=-1)
OPAQUE = np.concatenate([COLOUR, np.full((N, SIDE, SIDE, 1), 255, np.uint8)], axis=-1)
SMOOTH = np.minimum(np.cumsum(np.cumsum(IMAGES, 1), 2) // 40, 255).astype(np.uint8)


def opened(path: Path, images: NDArray[Any], **options: Any) -> Images:
    write_npz(path / "data.npz", (images, LABELS))
    return open_path(str(path / "data.npz"), PreprocessingOptions(reading=ReadingOptions(**options)))


GREY = {
    "rows": IMAGES.reshape(N, -1),
    "(n, pixels, 1)": IMAGES.reshape(N, -1, 1),
    "(n, 1, pixels)": IMAGES.reshape(N, 1, -1),
    "(n, 1, pixels, 1)": IMAGES.reshape(N, 1, -1, 1),
    "(n, 1, 1, pixels)": IMAGES.reshape(N, 1, 1, -1),
    "(n, h, w, 1)": IMAGES[..., None],
    "(n, 1, h, w)": IMAGES[:, None],
    "(h, w, n)": np.moveaxis(IMAGES, 0, -1),
    "(h, w, 1, n)": np.moveaxis(IMAGES[..., None], 0, -1),
    "fractions": IMAGES.reshape(N, -1, 1) / 255.0,
}


@pytest.mark.parametrize("images", GREY.values(), ids=list(GREY))
def test_grey_images_in_any_shape(images: NDArray[Any], tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    assert whole(opened(tmp_path, images)) == whole(opened(tmp_path / "plain", IMAGES))


COLOURED = {
    "channels first": np.moveaxis(COLOUR, -1, 1),
    "(h, w, 3, n)": np.moveaxis(COLOUR, 0, -1),
    "(n, pixels, 3)": COLOUR.reshape(N, -1, 3),
    "(n, 3, pixels)": np.moveaxis(COLOUR, -1, 1).reshape(N, 3, -1),
    "opaque": OPAQUE,
    "opaque, as rows": OPAQUE.reshape(N, -1),
    "opaque, as rows of fractions": OPAQUE.reshape(N, -1) / 255.0,
    "opaque, channels first": np.moveaxis(OPAQUE, -1, 1),
}


@pytest.mark.parametrize("images", COLOURED.values(), ids=list(COLOURED))
def test_colour_images_in_any_shape(images: NDArray[Any], tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    assert whole(opened(tmp_path, images)) == whole(opened(tmp_path / "plain", COLOUR))


def test_rows_of_four_channels_with_opacity_are_refused_until_their_shape_is_given(tmp_path: Path) -> None:
    smooth = np.stack([SMOOTH, SMOOTH // 8, SMOOTH // 9, np.maximum(SMOOTH, 129)], axis=-1)
    message = error_message(lambda: opened(tmp_path, smooth.reshape(N, -1)))
    assert "24x24 in grey or 12x12 with four channels" in message and "--shape 12x12x4" in message
    grey = opened(tmp_path, smooth.reshape(N, -1), shape=(24, 24))
    assert whole(grey) != whole(opened(tmp_path, smooth.reshape(N, -1), shape=(12, 12, 4)))


@pytest.mark.parametrize("opacity", [SMOOTH, SMOOTH // 2, 255 - SMOOTH])
def test_rows_of_grey_in_four_channels_are_not_taken_for_wide_images(
    opacity: NDArray[np.uint8], tmp_path: Path
) -> None:
    channels = np.stack([SMOOTH, SMOOTH, SMOOTH, opacity], axis=-1)
    (tmp_path / "plain").mkdir()
    plain = whole(opened(tmp_path / "plain", channels))
    if opacity is SMOOTH:  # as an enlarged image has it too
        assert "--shape 12x12x4" in error_message(lambda: opened(tmp_path, channels.reshape(N, -1)))
        assert whole(opened(tmp_path, channels.reshape(N, -1), shape=(12, 12, 4))) == plain
    else:
        assert whole(opened(tmp_path, channels.reshape(N, -1))) == plain


@pytest.mark.parametrize("images", [IMAGES, SMOOTH, 255 - SMOOTH, IMAGES // 128, SMOOTH[:, ::-1]])
def test_rows_of_grey_pixels_are_not_taken_for_four_channels(images: NDArray[np.uint8]) -> None:
    assert as_image_array(images.reshape(N, -1), "x").shape == (N, SIDE, SIDE)


def test_rows_of_three_channels_are_refused_until_their_shape_is_given(tmp_path: Path) -> None:
    message = error_message(lambda: opened(tmp_path, COLOUR.reshape(N, -1)))
    assert "--shape 3x12x12 for three planes" in message and "or 12x12x3" in message
    (tmp_path / "plain").mkdir()
    plain = whole(opened(tmp_path / "plain", COLOUR))
    assert whole(opened(tmp_path, COLOUR.reshape(N, -1), shape=(12, 12, 3))) == plain
    planes = np.moveaxis(COLOUR, -1, 1).reshape(N, -1)
    assert whole(opened(tmp_path, planes, shape=(3, 12, 12))) == plain


@pytest.mark.parametrize("side", [9, 36])
def test_as_many_images_as_rows_and_columns_are_refused_until_their_shape_is_given(side: int, tmp_path: Path) -> None:
    images, labels = some_images(side, side=side) if side == 9 else (IMAGES[:, 3:9, 3:9].reshape(N, N), LABELS)
    (tmp_path / "d").mkdir()
    path = write_npz(tmp_path / "d" / "data.npz", (images, labels))
    message = error_message(lambda: open_path(str(path), PreprocessingOptions()))
    shape = (9, 9) if side == 9 else (6, 6)
    assert f"data.npz: x_train.npy has shape {images.shape}" in message
    assert f"--shape {shape[0]}x{shape[1]} if it is the first" in message
    given = open_path(str(path), PreprocessingOptions(reading=ReadingOptions(shape=shape)))
    write_folder(tmp_path / "plain", images.reshape(side, *shape), labels)
    assert whole(given) == whole(open_path(str(tmp_path / "plain"), PreprocessingOptions()))


@pytest.mark.parametrize("last", [False, True])
def test_the_training_part_says_which_axis_has_the_images(last: bool, tmp_path: Path) -> None:
    test = some_images(SIDE, seed=1)
    expected = whole(open_path(str(write_npz(tmp_path / "plain.npz", (IMAGES, LABELS), test)), PreprocessingOptions()))
    arrays = [np.moveaxis(images, 0, -1) if last else images for images in (IMAGES, test[0])]
    path = write_npz(tmp_path / "d.npz", (arrays[0], LABELS), (arrays[1], test[1]))
    assert whole(open_path(str(path), PreprocessingOptions())) == expected
    write_folder(tmp_path / "folder" / "train", IMAGES, LABELS)
    write_folder(tmp_path / "folder" / "test", *test)
    assert whole(open_path(str(tmp_path / "folder"), PreprocessingOptions())) == expected


@pytest.mark.parametrize("shape", [(N, 144, 2), (N, 72, 4), (N, 2, 100)])
def test_strips_are_refused(shape: tuple[int, ...], tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    assert "are strips; give the --shape" in error_message(lambda: opened(tmp_path, images))


def test_transparent_arrays_are_put_on_paper(tmp_path: Path) -> None:
    ink = np.zeros((N, SIDE, SIDE, 4), np.uint8)
    ink[..., 3] = IMAGES
    assert opened(tmp_path, ink).train.images.max() > 200
