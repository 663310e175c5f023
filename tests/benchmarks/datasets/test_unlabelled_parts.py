"""A test part without labels is passed over with its count, in every format; training images need labels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.spec import Images
from benchmarks.datasets.user_data import open_path
from tests.benchmarks.datasets.helpers import error_message, idx_bytes
from tests.benchmarks.datasets.sample_files import csv_text, png, some_images, write_csv, write_idx, write_parquet
from tests.benchmarks.datasets.test_named_images import write_images, write_table

TRAIN, TEST = some_images(), some_images(12, seed=1)
UNTOLD = np.full(12, -1)


def opened(path: Path) -> Images:
    return open_path(str(path), PreprocessingOptions())


def arrays(root: Path, **of_test: Any) -> None:
    np.savez(root / "d.npz", x_train=TRAIN[0], y_train=TRAIN[1], x_test=TEST[0], **of_test)


def matlab(root: Path) -> None:
    test = np.moveaxis(TEST[0], 0, -1)
    savemat(root / "d.mat", {"x_train": np.moveaxis(TRAIN[0], 0, -1), "y_train": TRAIN[1], "x_test": test})


def idx(root: Path) -> None:
    write_idx(root, TRAIN, TEST)
    (root / "t10k-labels-idx1-ubyte.gz").unlink()


def tables(root: Path, label: str) -> None:
    write_csv(root / "train.csv", *TRAIN)
    write_csv(root / "test.csv", TEST[0], [label] * 12)


def names(root: Path, *label: str) -> None:
    for part, images in (("train", TRAIN[0]), ("test", TEST[0])):
        write_images(root / part, images)
    write_table(root / "train.csv", [(f"{i:03}", label) for i, label in enumerate(TRAIN[1])])
    write_table(root / "test.csv", [(f"{i:03}", *label) for i in range(12)], ("filename", "label")[: 1 + len(label)])


def parquet(root: Path) -> None:
    write_parquet(root / "train.parquet", [png(image) for image in TRAIN[0]], TRAIN[1])
    write_parquet(root / "test.parquet", [png(image) for image in TEST[0]], UNTOLD)


FORMATS: dict[str, tuple[Callable[[Path], None], str]] = {
    "npz": (arrays, "passed over: x_test of d.npz, 12 images without labels"),
    "npz, -1": (lambda root: arrays(root, y_test=UNTOLD), "passed over: x_test of d.npz, 12 images without labels"),
    "mat": (matlab, "passed over: x_test of d.mat, 12 images without labels"),
    "idx": (idx, "passed over: t10k-images-idx3-ubyte.gz, 12 images without labels"),
    "csv, empty": (lambda root: tables(root, ""), "passed over: test.csv, 12 images without labels"),
    "csv, ?": (lambda root: tables(root, "?"), "passed over: test.csv, 12 images without labels"),
    "names": (names, "passed over: 12 images that no table gives a label"),
    "names, empty": (lambda root: names(root, ""), "passed over: 12 images that no table gives a label"),
    "parquet": (parquet, "passed over: test.parquet, 12 images without labels"),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_a_test_part_without_labels_is_counted(kind: str, tmp_path: Path) -> None:
    write, note = FORMATS[kind]
    write(tmp_path)
    images = opened(tmp_path)
    assert images.n_trainable + len(images.test) == 36
    assert note in images.notes


def test_rows_of_a_test_part_without_labels_are_counted(tmp_path: Path) -> None:
    parts = ["train"] * 24 + ["test"] * 12
    labels = [*TRAIN[1][:24].tolist(), *[""] * 12]
    names_of_images = write_images(tmp_path / "images")
    write_table(tmp_path / "l.csv", zip(names_of_images, labels, parts, strict=True), ("file", "label", "split"))
    lines = csv_text(TRAIN[0], labels).splitlines()
    lines = [f"{line},{of}" for line, of in zip(lines, ["split", *parts], strict=True)]
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "l.csv").write_text("\n".join(lines))
    for path in (tmp_path, tmp_path / "p"):
        images = opened(path)
        assert images.n_trainable + len(images.test) == 24
        assert "passed over: 12 test images of l.csv without labels" in images.notes


def test_training_images_need_labels(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x_train=TRAIN[0], y_train=np.full(36, -1), x_test=TEST[0], y_test=TEST[1])
    assert "label 0 is -1" in error_message(lambda: opened(tmp_path / "d.npz"))


def test_the_case_of_idx_names_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "Train-Images-IDX3-ubyte").write_bytes(idx_bytes(TRAIN[0]))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx_bytes(TRAIN[1]))
    (tmp_path / "TEST-IMAGES.IDX3-UBYTE").write_bytes(idx_bytes(TEST[0]))
    (tmp_path / "TEST-LABELS.IDX1-UBYTE").write_bytes(idx_bytes(TEST[1]))
    images = opened(tmp_path)
    assert images.n_trainable == 36 and len(images.test) == 12


def test_idx_files_of_other_values_are_named(tmp_path: Path) -> None:
    write_idx(tmp_path, TRAIN, zipped=False)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx_bytes(TRAIN[0], 0x0C))
    assert "is an IDX file of integers of 32 bits; write it with unsigned bytes" in error_message(
        lambda: opened(tmp_path)
    )
