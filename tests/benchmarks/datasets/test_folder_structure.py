"""Folders as people have them: parts of any name, images where none are expected, wrappers, odd names."""

from __future__ import annotations

import os
import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.readers.parts import part_of_file, part_of_folder
from benchmarks.datasets.spec import Images
from benchmarks.datasets.user_data import open_path
from tests.benchmarks.datasets.helpers import error_message
from tests.benchmarks.datasets.sample_files import NAMES, png, some_images, write_csv, write_folder
from tests.benchmarks.datasets.test_user_data_formats import whole

TRAIN, TEST = some_images(), some_images(12, seed=1)
DEFAULT = PreprocessingOptions()


def opened(path: Path) -> Images:
    return open_path(str(path), DEFAULT)


def loose(folder: Path, n: int = 12) -> Path:
    """Write images directly into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, image in enumerate(TEST[0][:n]):
        (folder / f"{i}.png").write_bytes(png(image))
    return folder


PART_NAMES = [("train", "test"), ("training", "testing"), ("Train", "Test"), ("training_set", "test-set")]


@pytest.mark.parametrize(("train", "test"), PART_NAMES)
def test_parts_have_many_names(train: str, test: str, tmp_path: Path) -> None:
    write_folder(tmp_path / train, *TRAIN)
    write_folder(tmp_path / test, *TEST)
    images = opened(tmp_path)
    assert images.class_names == NAMES and len(images.test) == 12 and images.n_trainable == 36


@pytest.mark.parametrize(
    "names", [*PART_NAMES, ("train", "val"), ("train", "validation", "test"), ("train",), ("dev",)]
)
def test_parts_without_class_folders_are_no_classes(names: tuple[str, ...], tmp_path: Path) -> None:
    for name in names:
        loose(tmp_path / name)
    message = error_message(lambda: opened(tmp_path))
    assert str(tmp_path) in message and f"{names[0]}/" in message and "into a subfolder" in message


def test_parts_beside_other_folders_are_no_classes(tmp_path: Path) -> None:
    for name in ("train", "test", "extra"):
        loose(tmp_path / name)
    assert "train/ have the names of parts, not of classes" in error_message(lambda: opened(tmp_path))


def test_classes_that_are_called_as_parts_are_named_shortly_with_the_way_out(tmp_path: Path) -> None:
    names = [f"train_{i:02}" for i in range(36)]
    write_folder(tmp_path, TRAIN[0], range(36), names)
    message = error_message(lambda: opened(tmp_path))
    assert "train_00/, train_01/, train_02/, train_03/, train_04/… have the names of parts" in message
    assert "or rename those that are classes" in message


def test_one_class_with_the_name_of_a_part_is_pointed_out(tmp_path: Path) -> None:
    write_folder(tmp_path, *TRAIN, names=("boat", "plane", "train"))
    assert [note for note in opened(tmp_path).notes if note.startswith("CAREFUL: train/ is taken for a class")]


def test_two_folders_for_one_part_are_refused(tmp_path: Path) -> None:
    write_folder(tmp_path / "train", *TRAIN)
    write_folder(tmp_path / "Training", *TRAIN)
    assert "Training/ and train/" in error_message(lambda: opened(tmp_path))


def test_a_test_part_without_class_folders_is_counted(tmp_path: Path) -> None:
    write_folder(tmp_path / "train", *TRAIN)
    loose(tmp_path / "test", 9)
    images = opened(tmp_path)
    assert "passed over: 9 images in test/ beside train/" in images.notes
    assert len(images.test) == 6


def test_a_validation_part_is_the_validation_split(tmp_path: Path) -> None:
    write_folder(tmp_path / "train", *TRAIN)
    write_folder(tmp_path / "val", *TEST)
    write_folder(tmp_path / "test", *some_images(9, seed=2))
    images = opened(tmp_path)
    assert (len(images.train), len(images.validation), len(images.test)) == (36, 12, 9)


def test_without_a_test_part_the_validation_part_is_the_test_set(tmp_path: Path) -> None:
    write_folder(tmp_path / "train", *TRAIN)
    write_folder(tmp_path / "valid", *TEST)
    images = opened(tmp_path)
    assert (len(images.train), len(images.validation), len(images.test)) == (30, 6, 12)
    assert [note for note in images.notes if "the validation set is used" in note]


@pytest.mark.parametrize("depth", [1, 2])
def test_folders_around_everything_are_opened(depth: int, tmp_path: Path) -> None:
    inner = tmp_path / "/".join(["mnist_png", "unpacked"][:depth])
    write_folder(inner / "training", *TRAIN)
    write_folder(inner / "testing", *TEST)
    (tmp_path / "__MACOSX").mkdir()
    assert len(opened(tmp_path).test) == 12


def test_images_that_are_not_in_a_class_folder_are_counted(tmp_path: Path) -> None:
    write_folder(tmp_path, *TRAIN)
    loose(tmp_path, 5)
    loose(tmp_path / "alpha" / "old", 4)
    loose(tmp_path / "beta" / "a" / "b", 3)
    (tmp_path / "gamma" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "delta").symlink_to(tmp_path / "nowhere")
    notes = opened(tmp_path).notes
    assert "passed over: 5 images beside the class folders" in notes
    assert "passed over: 7 images in folders below the classes" in notes
    assert "passed over: 2 links that lead nowhere" in notes


@pytest.mark.parametrize("suffix", [".tif", ".gif", ".png", ".webp"])
def test_images_after_the_first_of_a_file_are_counted(suffix: str, tmp_path: Path) -> None:
    write_folder(tmp_path, *TRAIN)
    pages = [Image.fromarray(image) for image in TEST[0][:4]]
    pages[0].save(tmp_path / "alpha" / f"pages{suffix}", save_all=True, append_images=pages[1:])
    (tmp_path / "beta" / f"single{suffix}").write_bytes(png(TEST[0][5]))
    images = opened(tmp_path)
    assert images.n_trainable + len(images.test) == 38
    assert "passed over: 3 images after the first of a file" in images.notes


def test_a_class_whose_images_are_all_below_or_gone_says_so(tmp_path: Path) -> None:
    write_folder(tmp_path, *TRAIN)
    loose(tmp_path / "delta" / "more", 3)
    assert "3 images in folders below the classes" in error_message(lambda: opened(tmp_path))
    shutil.rmtree(tmp_path / "delta")
    (tmp_path / "delta").mkdir()
    (tmp_path / "delta" / "0.png").symlink_to(".git/annex/objects/none")
    assert "1 links that lead nowhere" in error_message(lambda: opened(tmp_path))


@pytest.mark.parametrize(
    "name",
    ["lost+found", "System Volume Information", "@eaDir", ".thumbnails", "__pycache__", "$RECYCLE.BIN", "#recycle"],
)
def test_folders_of_systems_are_no_classes(name: str, tmp_path: Path) -> None:
    write_folder(tmp_path, *TRAIN)
    loose(tmp_path / name)
    assert opened(tmp_path).class_names == NAMES


@pytest.mark.parametrize("names", [("#", "@", "$"), ("__", "_", "%"), ("#1", "@home", "$x"), ("__a", "a", "&")])
def test_characters_are_names_of_classes(names: tuple[str, ...], tmp_path: Path) -> None:
    write_folder(tmp_path, *TRAIN, names=names)
    assert opened(tmp_path).class_names == tuple(sorted(names))


@pytest.mark.parametrize("place", ["", "alpha"])
def test_hidden_images_are_counted(place: str, tmp_path: Path) -> None:
    write_folder(tmp_path, *TRAIN)
    loose(tmp_path / place / ".delta", 4)
    (tmp_path / place / ".hidden.png").write_bytes(png(TRAIN[0][0]))
    (tmp_path / place / "._000.png").write_bytes(b"\0\5\x16\7")  # macOS keeps a file's attributes there
    images = opened(tmp_path)
    assert images.class_names == NAMES
    assert "passed over: 5 hidden images: their names, or those of their folders, begin with a dot" in images.notes


def test_a_table_beside_class_folders_is_pointed_out(tmp_path: Path) -> None:
    write_folder(tmp_path, *TRAIN)
    (tmp_path / "labels.csv").write_text("file,label\n0.png,alpha\n")
    images = opened(tmp_path)
    assert images.class_names == NAMES and "passed over: labels.csv" in images.notes


def test_a_name_composed_and_decomposed_is_one_class(tmp_path: Path) -> None:
    names = ("é", "ü", "naïve")
    write_folder(tmp_path / "train", *TRAIN, names=[unicodedata.normalize("NFD", name) for name in names])
    write_folder(tmp_path / "test", *TEST, names=[unicodedata.normalize("NFC", name) for name in names])
    assert opened(tmp_path).class_names == tuple(sorted(names))


@pytest.mark.parametrize("one", [unicodedata.normalize("NFD", "caf\xe9"), "caf\xe9 ", " caf\xe9"])
def test_two_folders_for_one_class_are_refused(one: str, tmp_path: Path) -> None:
    write_folder(tmp_path, *TRAIN, names=(one, "caf\xe9", "tea"))
    message = error_message(lambda: opened(tmp_path))
    assert "differ only in spaces or in their Unicode form" in message and ascii(one) in message


def test_names_may_have_joiners(tmp_path: Path) -> None:
    names = ("क्\u200dष", "👩\u200d🚀", "می\u200cخواهم")
    write_folder(tmp_path, *TRAIN, names=names)
    assert set(opened(tmp_path).class_names) == set(names)


def test_a_file_name_that_is_not_utf_8_can_be_printed(tmp_path: Path) -> None:
    write_folder(tmp_path, *TRAIN)
    blank = os.fsencode(tmp_path / "alpha") + b"/bl\xe4tt.png"
    Path(os.fsdecode(blank)).write_bytes(png(np.full((9, 9), 7, np.uint8)))
    (dropped,) = opened(tmp_path).dropped
    assert "bl\\xe4tt.png" in dropped
    Path(os.fsdecode(blank)).write_bytes(b"no image")
    assert "bl\\xe4tt.png cannot be read" in error_message(lambda: opened(tmp_path))


@pytest.mark.parametrize("suffix", [".pnm", ".jfif", ".JPG", ".dib"])
def test_more_suffixes(suffix: str, tmp_path: Path) -> None:
    kinds = {".pnm": "PPM", ".dib": "BMP"}
    write_folder(tmp_path, *TRAIN)
    for path in sorted(tmp_path.rglob("*.png")):
        Image.open(path).save(path.with_suffix(suffix), kinds.get(suffix, "JPEG"))
        path.unlink()
    assert opened(tmp_path).n_trainable == 30


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("train.csv", "train"),
        ("Test.csv", "test"),
        ("mnistTest.csv", "test"),
        ("t10k-images-idx3-ubyte", "test"),
        ("emnist-letters-train.csv", "train"),
        ("X_val.csv", "validation"),
        ("testdata_28.csv", "test"),
        ("contest.csv", None),
        ("latest.csv", None),
        ("values.csv", None),
        ("train_test.csv", None),
    ],
)
def test_parts_of_files(name: str, part: str | None) -> None:
    assert part_of_file(name) == part


@pytest.mark.parametrize(
    ("name", "part"),
    [("Train", "train"), ("val2", "validation"), ("test images", "test"), ("test tube", None), ("trainer", None)],
)
def test_parts_of_folders(name: str, part: str | None) -> None:
    assert part_of_folder(name) == part


def test_packed_and_unpacked_tables_are_one(tmp_path: Path) -> None:
    import gzip

    for name, arrays in (("train.csv", TRAIN), ("test.csv", TEST)):
        write_csv(tmp_path / name, *arrays)
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress((tmp_path / name).read_bytes()))
    expected = whole(opened(tmp_path))
    (tmp_path / "test.csv").unlink()
    images = opened(tmp_path)
    assert whole(images) == expected and "read: train.csv, test.csv.gz" in images.notes


@pytest.mark.parametrize(
    "name", ["alpha/000.png", "train.csv", "d.npz", "train-images-idx3-ubyte", "d.parquet", "d.mat"]
)
def test_a_file_that_was_not_fetched_says_so(name: str, tmp_path: Path) -> None:
    """Git LFS leaves a text in place of a file, and git-annex another where files are unlocked."""
    if "/" in name:
        write_folder(tmp_path, *TRAIN)
    (tmp_path / "train-labels-idx1-ubyte").touch()
    (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    path = tmp_path if "/" in name else tmp_path / name
    assert f"{name} is a pointer of Git LFS" in error_message(lambda: opened(path))
    (tmp_path / name).write_text("/annex/objects/SHA256E-s9--0.png\n")
    assert "git annex get" in error_message(lambda: opened(path))


def test_a_folder_without_subfolders_says_what_it_holds(tmp_path: Path) -> None:
    for name in ("X_train.pkl", "y_train.pkl", "notes.txt", "z.txt"):
        (tmp_path / name).touch()
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    message = error_message(lambda: opened(tmp_path))
    assert "(it holds X_train.pkl, gone, notes.txt, 5 files, 1 links that lead nowhere)" in message
