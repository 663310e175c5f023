"""Images in folders, and tables that name them: which of the two says classes and parts, or a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.spec import Images, ReadingOptions
from benchmarks.datasets.user_data import open_path
from tests.benchmarks.datasets.helpers import error_message
from tests.benchmarks.datasets.sample_files import NAMES, png, some_images, write_csv, write_folder, write_parquet
from tests.benchmarks.datasets.test_named_images import write_images, write_table

TRAIN, TEST = some_images(), some_images(12, seed=1)
LABELS = [NAMES[label] for label in TRAIN[1]]
TEST_LABELS = [NAMES[label] for label in TEST[1]]
CHUNKS = ("w0", "w1", "w2", "w3")
PARTS = ["train"] * 20 + ["val"] * 8 + ["test"] * 8


def opened(path: Path, label_column: str | None = None) -> Images:
    return open_path(str(path), PreprocessingOptions(reading=ReadingOptions(label_column=label_column)))


def sizes(images: Images) -> tuple[int, int, int]:
    return len(images.train), len(images.validation), len(images.test)


def by_writer(root: Path) -> list[str]:
    """Write the images into folders that are no classes; return their names below the root."""
    names = [f"{CHUNKS[i // 9]}/{i:03}.png" for i in range(36)]
    for name, image in zip(names, TRAIN[0], strict=True):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(png(image))
    return names


@pytest.mark.parametrize(
    ("part", "place", "table", "shown"),
    [
        ("test", "Test", "Test.csv", "Test/{}"),
        ("test", "Test", "Test.csv", "{}"),
        ("test", "test", "labels.csv", "{}"),
        ("val", "val/images", "val/val_annotations.csv", "{}"),
    ],
)
def test_class_folders_beside_a_part_with_a_table(
    part: str, place: str, table: str, shown: str, tmp_path: Path
) -> None:
    write_folder(tmp_path / "Train", *TRAIN)
    names = write_images(tmp_path / place, TEST[0])
    write_table(tmp_path / table, [(shown.format(name), of) for name, of in zip(names, TEST_LABELS, strict=True)])
    images = opened(tmp_path)
    assert images.class_names == NAMES and images.n_trainable == 36 and len(images.test) == 12
    assert "labels: of the images in Train/ by their class folders" in images.notes
    assert not any("passed over" in note for note in images.notes)


def test_a_table_for_each_part_of_which_one_has_class_folders(tmp_path: Path) -> None:
    write_folder(tmp_path / "Train", *TRAIN)
    (tmp_path / "Meta").mkdir()
    rows = [(f"Train/{label}/{i:03}.png", TRAIN[1][i]) for i, label in enumerate(LABELS)]
    write_table(tmp_path / "Train.csv", rows, ("Path", "ClassId"))
    names = write_images(tmp_path / "Test", TEST[0])
    write_table(tmp_path / "Test.csv", [(f"Test/{n}", of) for n, of in zip(names, TEST[1], strict=True)])
    write_table(tmp_path / "Meta.csv", [(f"Meta/{name}", 0) for name in write_images(tmp_path / "Meta", TEST[0][:3])])
    images = opened(tmp_path)
    assert images.class_names == ("0", "1", "2") and images.n_trainable == 36 and len(images.test) == 12
    assert "passed over: Meta.csv, of no part" in images.notes
    assert "passed over: 3 images that no table gives a label" in images.notes


@pytest.mark.parametrize("place", ["images", "."])
@pytest.mark.parametrize("heading", [("filename", "label"), ()])
def test_a_table_decides_where_folders_are_no_classes(place: str, heading: Sequence[str], tmp_path: Path) -> None:
    names = by_writer(tmp_path / place)
    write_table(tmp_path / "labels.csv", [(f"{place}/{n}", of) for n, of in zip(names, LABELS, strict=True)], heading)
    images = opened(tmp_path)
    assert images.class_names == NAMES and images.n_trainable + len(images.test) == 36
    assert "CAREFUL: labels.csv gives the labels, and folders, as w0/, are not taken for classes" in images.notes


def test_a_table_that_contradicts_folders_for_some_images_is_refused_until_its_column_is_given(tmp_path: Path) -> None:
    names = by_writer(tmp_path)
    write_table(tmp_path / "labels.csv", list(zip(names, LABELS, strict=True))[:30])
    message = error_message(lambda: opened(tmp_path))
    assert "labels.csv names 30 of 36 images, and its labels are not those of their folders, as w0/" in message
    assert "give --label-column label to read it, or remove it" in message
    images = opened(tmp_path, "label")
    assert images.class_names == NAMES and "passed over: 6 images that no table gives a label" in images.notes


@pytest.mark.parametrize("place", ["images", "."])
@pytest.mark.parametrize("rows", ["agrees", "age", "elsewhere"])
def test_a_table_beside_class_folders_that_says_nothing_else_is_passed_over(
    rows: str, place: str, tmp_path: Path
) -> None:
    write_folder(tmp_path / place, *TRAIN)
    names = [f"{label}/{i:03}.png" for i, label in enumerate(LABELS)]
    table = {
        "agrees": ([(name, of) for name, of in zip(names, TRAIN[1], strict=True)], ("file", "label")),
        "age": ([(name, i % 7) for i, name in enumerate(names)], ("file", "age")),
        "elsewhere": ([(f"x{name}", of) for name, of in zip(names, TRAIN[1], strict=True)], ("file", "label")),
    }[rows]
    write_table(tmp_path / "meta.csv", *table)
    images = opened(tmp_path)
    assert images.class_names == NAMES and "passed over: meta.csv" in images.notes
    assert ("CAREFUL: no image that meta.csv names is there" in images.notes) == (rows == "elsewhere")


def test_a_stray_image_beside_the_only_folder_is_counted(tmp_path: Path) -> None:
    write_folder(tmp_path / "data", *TRAIN)
    (tmp_path / "preview.png").write_bytes(png(TRAIN[0][0]))
    images = opened(tmp_path)
    assert images.class_names == NAMES and "passed over: 1 images beside data/" in images.notes


def test_a_sample_of_a_submission_gives_no_labels(tmp_path: Path) -> None:
    write_folder(tmp_path / "train", *TRAIN)
    names = write_images(tmp_path / "test", TEST[0])
    write_table(tmp_path / "sample_submission.csv", [(name, "alpha") for name in names], ("id", "label"))
    images = opened(tmp_path)
    assert images.n_trainable + len(images.test) == 36
    assert "passed over: 12 images in test/ beside train/" in images.notes
    assert "passed over: sample_submission.csv" in images.notes


@pytest.mark.parametrize(("column", "yes"), [("is_train", "True"), ("is_training_image", "1")])
def test_a_column_says_whether_a_row_is_for_training(column: str, yes: str, tmp_path: Path) -> None:
    names = write_images(tmp_path / "images")
    values = [yes if i < 24 else "0" for i in range(36)]
    write_table(tmp_path / "labels.csv", zip(names, LABELS, values, strict=True), ("filename", "label", column))
    images = opened(tmp_path)
    assert images.n_trainable == 24 and len(images.test) == 12


@pytest.mark.parametrize("column", ["split", "Usage", "subset"])
def test_a_column_says_the_part_of_named_images(column: str, tmp_path: Path) -> None:
    names = write_images(tmp_path / "images")
    rows = list(zip(names, LABELS, PARTS, strict=True))
    write_table(tmp_path / "labels.csv", rows, ("filename", "label", column))
    images = opened(tmp_path)
    assert sizes(images) == (20, 8, 8)
    assert f"parts: by column '{column.lower()}' of labels.csv (20 train, 8 validation, 8 test)" in images.notes


def test_a_column_says_the_part_of_rows_of_pixels(tmp_path: Path) -> None:
    lines = write_csv(tmp_path / "d.csv", *TRAIN).read_text().splitlines()
    lines = [f"{line},{part}" for line, part in zip(lines, ["split", *PARTS], strict=True)]
    (tmp_path / "d.csv").write_text("\n".join(lines))
    images = opened(tmp_path / "d.csv")
    assert sizes(images) == (20, 8, 8)
    assert (images.test.labels == TRAIN[1][28:]).all()


def test_fer2013_has_its_pixels_in_one_column_and_three_parts(tmp_path: Path) -> None:
    usage = ["Training"] * 20 + ["PublicTest"] * 8 + ["PrivateTest"] * 8
    rows = [
        (label, " ".join(map(str, image.ravel().tolist())), part)
        for image, label, part in zip(*TRAIN, usage, strict=True)
    ]
    write_table(tmp_path / "fer2013.csv", rows, ("emotion", "pixels", "Usage"))
    images = opened(tmp_path / "fer2013.csv")
    assert sizes(images) == (20, 8, 8) and images.class_names == ("0", "1", "2")
    write_table(tmp_path / "fer2013.csv", [*rows, (0, "1 2 3", "Training")], ("emotion", "pixels", "Usage"))
    assert "line 38 has 3 pixels but the first has 144" in error_message(lambda: opened(tmp_path / "fer2013.csv"))


def test_a_column_says_the_part_of_rows_of_parquet(tmp_path: Path) -> None:
    import pyarrow.parquet

    path = write_parquet(tmp_path / "d.parquet", [png(image) for image in TRAIN[0]], TRAIN[1])
    table = pyarrow.parquet.read_table(path).append_column("split", [PARTS])
    pyarrow.parquet.write_table(table, path)
    assert sizes(opened(path)) == (20, 8, 8)


@pytest.mark.parametrize(
    ("values", "seen"),
    [(["0", "1"] * 18, "CAREFUL: column 'split' of labels.csv is passed over: '0', '1' name no parts"), (PARTS, "")],
)
def test_a_column_that_names_no_parts_is_pointed_out(values: list[str], seen: str, tmp_path: Path) -> None:
    names = write_images(tmp_path / "images")
    write_table(tmp_path / "labels.csv", zip(names, LABELS, values, strict=True), ("filename", "label", "split"))
    assert not seen or seen in opened(tmp_path).notes
    values = ["extra", *values[1:]]
    write_table(tmp_path / "labels.csv", zip(names, LABELS, values, strict=True), ("filename", "label", "split"))
    if not seen:
        assert "column 'split' has 'extra', which names no part" in error_message(lambda: opened(tmp_path))


def test_parts_of_the_folders_that_one_table_names(tmp_path: Path) -> None:
    write_images(tmp_path / "train")
    write_images(tmp_path / "test", TEST[0])
    rows = [(f"train/{i:03}.png", label) for i, label in enumerate(LABELS)]
    rows += [(f"test/{i:03}.png", label) for i, label in enumerate(TEST_LABELS)]
    write_table(tmp_path / "labels.csv", rows)
    images = opened(tmp_path)
    assert images.n_trainable == 36 and len(images.test) == 12
    (tmp_path / "extra.png").write_bytes(png(TRAIN[0][0]))
    write_table(tmp_path / "labels.csv", [*rows, ("extra.png", "alpha")])
    assert "others that are in none; add a column 'split'" in error_message(lambda: opened(tmp_path))


def test_an_image_that_two_tables_name_is_refused(tmp_path: Path) -> None:
    names = write_images(tmp_path / "images")
    write_table(tmp_path / "train.csv", list(zip(names, LABELS, strict=True)))
    write_table(tmp_path / "test.csv", list(zip(names, LABELS, strict=True))[:9])
    assert "line 2 names 000.png, as test.csv does; remove one" in error_message(lambda: opened(tmp_path))


def test_decimal_labels_of_named_images_are_numbers(tmp_path: Path) -> None:
    names = write_images(tmp_path / "images")
    write_table(tmp_path / "labels.csv", zip(names, np.asarray(TRAIN[1], float).tolist(), strict=True))
    assert opened(tmp_path).class_names == ("0", "1", "2")


def test_a_table_that_names_images_which_are_not_there(tmp_path: Path) -> None:
    write_images(tmp_path / "images")
    write_table(tmp_path / "labels.csv", [(f"digit{i}.png", label) for i, label in enumerate(LABELS)])
    assert "36 of its 36 images are not there (first: line 2, 'digit0.png')" in error_message(lambda: opened(tmp_path))
    message = error_message(lambda: opened(tmp_path / "labels.csv"))
    assert "names an image file ('digit0.png'); pass a folder that has the table and its images" in message
