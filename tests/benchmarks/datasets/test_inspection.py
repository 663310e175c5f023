"""All parts of a dataset are looked at: polarity, brightness, size, transparency, orientation, missing classes."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from benchmarks.datasets.preprocessing.contact_sheet import sample_across_classes
from benchmarks.datasets.preprocessing.orientation import look_transposed
from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.spec import Images as Splits
from benchmarks.datasets.spec import Polarity, ReadingOptions, Split
from benchmarks.datasets.user_data import open_path
from tests.benchmarks.datasets.sample_files import Arrays, some_images, write_csv, write_folder, write_npz

TRAIN, TEST, VALIDATION = some_images(), some_images(12, seed=1), some_images(12, seed=2)

Picture = NDArray[np.uint8]


def opened(path: Path, polarity: Polarity = "auto") -> Splits:
    return open_path(str(path), PreprocessingOptions(polarity))


def careful(images: Splits) -> list[str]:
    return [note for note in images.notes if note.startswith("CAREFUL")]


def parts(root: Path, test: Arrays, validation: Arrays | None = None) -> Path:
    write_folder(root / "train", *TRAIN)
    write_folder(root / "test", *test)
    if validation:
        write_folder(root / "val", *validation)
    return root


def test_parts_that_agree_give_no_warning(tmp_path: Path) -> None:
    assert careful(opened(parts(tmp_path, TEST, VALIDATION))) == []


@pytest.mark.parametrize("part", ["test", "validation"])
@pytest.mark.parametrize("polarity", ["auto", "light-on-dark"])
def test_a_part_of_the_other_polarity_is_pointed_out(part: str, polarity: Polarity, tmp_path: Path) -> None:
    test, validation = (
        (255 - images if name == part else images, labels)
        for name, (images, labels) in (("test", TEST), ("validation", VALIDATION))
    )
    (note,) = careful(opened(parts(tmp_path, test, validation), polarity))
    assert f"the {part} images are dark on light (12 of 12)" in note


def test_a_mixed_test_part_is_pointed_out(tmp_path: Path) -> None:
    mixed = TEST[0].copy()
    mixed[:4] = 255 - mixed[:4]
    assert "33% of the test images have the opposite polarity" in careful(opened(parts(tmp_path, (mixed, TEST[1]))))[0]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda images: images // 16, "no pixel is above 15 of 255"),
        (lambda images: images // 3, "a contrast of"),
        (lambda images: np.kron(images, np.ones((1, 3, 3), np.uint8)), "36 pixels on the longer side"),
        (lambda images: images[:, 3:-3, 3:-3], "6 pixels on the longer side"),
    ],
)
def test_test_images_of_another_range_or_size_are_pointed_out(
    change: Callable[[Picture], Picture], expected: str, tmp_path: Path
) -> None:
    notes = careful(opened(parts(tmp_path, (change(TEST[0]), TEST[1]))))
    assert [note for note in notes if expected in note and "test images" in note]


def test_a_class_without_test_images_is_pointed_out(tmp_path: Path) -> None:
    some = TEST[1] != 1
    (note,) = careful(opened(parts(tmp_path, (TEST[0][some], TEST[1][some]))))
    assert "no test image has class 'beta'" in note


def test_images_of_every_part_are_in_the_picture(tmp_path: Path) -> None:
    def height(images: Splits) -> int:
        assert images.picture
        return Image.open(io.BytesIO(images.picture)).height

    without = height(opened(write_folder(tmp_path / "train", *TRAIN)))
    with_test = height(opened(parts(tmp_path, TEST)))
    assert height(opened(parts(tmp_path, TEST, VALIDATION))) > with_test > without


def test_every_class_is_sampled_for_the_picture() -> None:
    labels = [str(i // 50) for i in range(500)]
    chosen = sample_across_classes(labels, 30)
    assert len(chosen) == 30 and {labels[i] for i in chosen} == set(labels)


def ink_of(colours: list[tuple[int, int, int]], root: Path) -> Path:
    """Write transparent images with inks of these colours in turn."""
    for i, (image, label) in enumerate(zip(*TRAIN, strict=True)):
        picture = np.empty((*image.shape, 4), np.uint8)
        picture[..., :3], picture[..., 3] = colours[i % len(colours)], image
        (root / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(root / str(label) / f"{i}.png")
    return root


@pytest.mark.parametrize("ink", [(0, 0, 0), (0, 0, 120), (255, 255, 255), (255, 220, 0)])
def test_transparent_images_of_one_ink_become_light_on_dark(ink: tuple[int, int, int], tmp_path: Path) -> None:
    images = opened(ink_of([ink], tmp_path))
    assert careful(images) == []
    assert images.train.images[:, 0].max() < 5 and images.train.images.max(axis=(1, 2)).min() > 150


@pytest.mark.parametrize("rare", [(255, 220, 0), (0, 0, 90)])
def test_transparent_images_of_several_inks_get_one_paper_and_a_warning(
    rare: tuple[int, int, int], tmp_path: Path
) -> None:
    common = (250, 250, 250) if max(rare) < 200 else (10, 10, 60)
    images = opened(ink_of([rare, *[common] * 11], tmp_path))
    note, faint = careful(images)  # such ink is hard to see on such paper
    assert "training images are fainter than a quarter" in faint
    assert "3 light ink" in note or "3 have dark ink" in note
    assert images.train.images[:, 0].max() < 5, "some images were inverted"


def digits(images: Splits, n: int = 300) -> Arrays:
    return images.train.images[:n], images.train.labels[:n]


def test_transposed_digits_are_pointed_out_until_an_option_decides(digit_images: Splits, tmp_path: Path) -> None:
    images, labels = digits(digit_images)
    path = write_npz(tmp_path / "data.npz", (images.swapaxes(1, 2), labels))
    assert ["CAREFUL: the digits look transposed" in note for note in careful(opened(path))] == [True]
    for transpose in (True, False):
        options = PreprocessingOptions(reading=ReadingOptions(transpose=transpose))
        assert careful(open_path(str(path), options)) == []
    assert careful(opened(write_npz(tmp_path / "upright.npz", (images, labels)))) == []


@pytest.mark.parametrize("start", range(0, 1000, 100))
def test_a_hundred_digits_show_their_orientation(digit_images: Splits, start: int) -> None:
    some = slice(start, start + 100)
    split = Split(digit_images.train.images[some], digit_images.train.labels[some])
    assert not look_transposed(split, digit_images.class_names)
    assert look_transposed(Split(split.images.swapaxes(1, 2), split.labels), digit_images.class_names)


@pytest.mark.parametrize("seed", range(3))
def test_digits_anywhere_in_larger_images_show_their_orientation(digit_images: Splits, seed: int) -> None:
    images, labels = digits(digit_images)
    generator = np.random.default_rng(seed)
    larger = np.zeros((len(images), 84, 84), np.uint8)
    for picture, image in zip(larger, images, strict=True):
        top, left = generator.integers(0, 56, 2)
        picture[top : top + 28, left : left + 28] = image
    frames = larger[:, 1::3, 1::3]
    assert not look_transposed(Split(frames, labels), digit_images.class_names)
    assert look_transposed(Split(frames.swapaxes(1, 2), labels), digit_images.class_names)


@pytest.mark.parametrize("seed", range(3))
def test_noise_named_as_digits_does_not_look_transposed(seed: int) -> None:
    images, labels = some_images(300, 10, seed, side=28)
    assert not look_transposed(Split(images, labels), tuple("0123456789"))


@pytest.mark.parametrize(("word", "classes"), [("letters", ("B", "C", "D")), ("balanced", ("1", "2", "3"))])
def test_emnist_files_are_set_upright_and_named(word: str, classes: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    plain = opened(write_csv(tmp_path / "plain" / "data.csv", *TRAIN))
    transposed = TRAIN[0].swapaxes(1, 2)
    path = write_csv(tmp_path / f"emnist-{word}-train.csv", transposed, TRAIN[1] + (2 if word == "letters" else 1))
    images = opened(path)
    np.testing.assert_array_equal(images.test.images, plain.test.images)
    assert images.class_names == classes
    assert [note for note in images.notes if "rows and columns are exchanged" in note]
    left = open_path(str(path), PreprocessingOptions(reading=ReadingOptions(transpose=False)))
    assert not np.array_equal(left.test.images, plain.test.images) and left.class_names == classes


def test_labels_that_are_none_of_emnist_are_left(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "emnist-letters-train.csv", TRAIN[0], TRAIN[1] + 25)
    assert opened(path).class_names == ("25", "26", "27")
