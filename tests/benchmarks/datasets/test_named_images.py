"""Image files and a table of their names and labels, as on Kaggle."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.spec import Images, ReadingOptions
from benchmarks.datasets.user_data import open_path
from tests.benchmarks.datasets.helpers import error_message
from tests.benchmarks.datasets.sample_files import NAMES, png, some_images, write_folder

TRAIN, TEST = some_images(), some_images(12, seed=1)
LABELS = [NAMES[label] for label in TRAIN[1]]


def opened(path: Path, label_column: str | None = None) -> Images:
    return open_path(str(path), PreprocessingOptions(reading=ReadingOptions(label_column=label_column)))


def write_images(folder: Path, images: NDArray[np.uint8] = TRAIN[0]) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    for i, image in enumerate(images):
        (folder / f"{i:03}.png").write_bytes(png(image))
    return [f"{i:03}.png" for i in range(len(images))]


def write_table(path: Path, rows: Iterable[Sequence[object]], heading: Sequence[str] = ("filename", "label")) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([heading, *rows] if heading else rows)


def rows_of(names: Sequence[str], shown: str = "{}", place: str = "") -> list[tuple[str, str]]:
    written = [shown.format(name, place=place, stem=name.removesuffix(".png")) for name in names]
    return list(zip(written, LABELS, strict=True))


@pytest.mark.parametrize("place", ["train", "train_images", "."])
@pytest.mark.parametrize("shown", ["{}", "{stem}", "{place}/{}", "{place}\\{}"])
def test_names_with_or_without_folder_and_suffix(place: str, shown: str, tmp_path: Path) -> None:
    write_table(tmp_path / "train.csv", rows_of(write_images(tmp_path / place), shown, place))
    images = opened(tmp_path)
    assert images.class_names == NAMES and images.n_trainable + len(images.test) == 36
    assert "labels: of the images that train.csv names" in images.notes


@pytest.mark.parametrize("heading", [("id", "breed"), ("Path", "ClassId"), ("a", "b"), ()])
def test_any_heading_or_none(heading: tuple[str, ...], tmp_path: Path) -> None:
    write_table(tmp_path / "labels.csv", rows_of(write_images(tmp_path / "images")), heading)
    images = opened(tmp_path)
    assert images.class_names == NAMES and images.n_trainable + len(images.test) == 36


def test_a_table_for_each_part_and_one_without_labels(tmp_path: Path) -> None:
    for part, (images, labels) in (("train", TRAIN), ("test", TEST)):
        names = write_images(tmp_path / part, images)
        write_table(tmp_path / f"{part}.csv", zip(names, labels, strict=True))
    found = opened(tmp_path)
    assert (found.n_trainable, len(found.test)) == (36, 12)
    write_table(tmp_path / "test.csv", ((name, 8, 8) for name in names), ("id", "width", "height"))
    notes = "\n".join((found := opened(tmp_path)).notes)
    assert found.n_trainable + len(found.test) == 36
    assert "passed over: test.csv, which has no labels" in notes
    assert "passed over: 12 images that no table gives a label" in notes


def test_numbers_of_labels_and_rows_are_no_names_of_images(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    for i, image in enumerate(TRAIN[0]):
        (tmp_path / "train" / f"{i}.png").write_bytes(png(image))
    shuffled = np.random.default_rng(0).permutation(36).tolist()
    rows = [(TRAIN[1][name], row, f"{name}.png") for row, name in enumerate(shuffled)]
    write_table(tmp_path / "train.csv", rows, ("label", "row", "file"))
    by_name = opened(tmp_path)
    write_table(tmp_path / "train.csv", [(label, name[:-4]) for label, _, name in rows], ("label", "number"))
    assert (opened(tmp_path).train.images == by_name.train.images).all()
    write_table(tmp_path / "train.csv", [(label, name[:-4]) for label, _, name in rows], ("a", "b"))
    assert (opened(tmp_path).train.images == by_name.train.images).all()
    assert by_name.class_names == ("0", "1", "2")


def test_two_labels_of_one_image_are_refused(tmp_path: Path) -> None:
    names = write_images(tmp_path / "train")
    write_table(tmp_path / "train.csv", [*zip(names, LABELS, strict=True), (names[0], "beta")])
    assert "line 38 gives 000.png another label" in error_message(lambda: opened(tmp_path))


def test_metadata_inside_the_folder_of_a_part(tmp_path: Path) -> None:
    names = write_images(tmp_path / "train")
    write_table(tmp_path / "train" / "metadata.csv", zip(names, LABELS, strict=True), ("file_name", "label"))
    assert opened(tmp_path).class_names == NAMES


def test_an_archive(tmp_path: Path) -> None:
    names = write_images(tmp_path / "data" / "train")
    write_table(tmp_path / "data" / "train.csv", zip(names, LABELS, strict=True))
    assert opened(Path(shutil.make_archive(str(tmp_path / "d"), "zip", tmp_path / "data"))).class_names == NAMES


def test_images_that_are_not_there_are_counted_and_named(tmp_path: Path) -> None:
    names = write_images(tmp_path / "train")
    write_table(tmp_path / "train.csv", zip(names, LABELS, strict=True))
    (tmp_path / "train" / names[3]).unlink()
    message = error_message(lambda: opened(tmp_path))
    assert "train.csv: 1 of its 36 images are not there (first: line 5, '003.png')" in message


def test_an_unknown_column_of_labels_is_asked_for(tmp_path: Path) -> None:
    names = write_images(tmp_path / "train")
    rows = [(name, 1, label) for name, label in zip(names, LABELS, strict=True)]
    write_table(tmp_path / "train.csv", rows, ("id", "writer", "letter_name"))
    assert "give --label-column NAME" in error_message(lambda: opened(tmp_path))
    assert opened(tmp_path, "letter_name").class_names == NAMES


def test_class_folders_are_read_whatever_tables_say(tmp_path: Path) -> None:
    write_folder(tmp_path, *TRAIN)
    write_table(tmp_path / "index.csv", [("alpha/000.png", "x")])
    images = opened(tmp_path)
    assert images.class_names == NAMES and "passed over: index.csv" in images.notes


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd.png", "a" * 300, "a\0b.png"])
def test_names_that_lead_elsewhere_are_not_followed(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(png(TRAIN[0][0]))
    names = write_images(tmp_path / "data" / "train")
    rows = [*zip(names, LABELS, strict=True), (name, "alpha")]
    write_table(tmp_path / "data" / "train.csv", rows)
    assert "1 of its 37 images are not there" in error_message(lambda: opened(tmp_path / "data"))
