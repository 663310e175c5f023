"""Layouts that tools and sites leave on disk, each of the same images."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.spec import Images
from benchmarks.datasets.user_data import open_path
from tests.benchmarks.datasets.helpers import error_message
from tests.benchmarks.datasets.sample_files import Arrays, png, some_images, write_csv, write_idx, write_parquet
from tests.benchmarks.datasets.test_user_data_formats import whole

TRAIN, TEST, VALIDATION = some_images(), some_images(12, seed=1), some_images(12, seed=2)


def opened(path: Path) -> Images:
    return open_path(str(path), PreprocessingOptions())


def cells(arrays: Arrays) -> list[dict[str, object]]:
    return [{"bytes": png(image), "path": None} for image in arrays[0]]


def pairs(root: Path) -> Path:
    """Write IDX files packed and unpacked."""
    write_idx(root, TRAIN, TEST)
    return write_idx(root, TRAIN, TEST, zipped=False)


def torchvision(root: Path) -> Path:
    pairs(root / "MNIST" / "raw")
    return root


def torchvision_inner(root: Path) -> Path:
    pairs(root / "MNIST" / "raw")
    (root / "MNIST" / "processed").mkdir()
    return root / "MNIST"


def capital_tables(root: Path) -> Path:
    root.mkdir()
    write_csv(root / "Train.csv", *TRAIN)
    write_csv(root / "Test.csv", *TEST)
    return root


def shards(root: Path) -> Path:
    (root / "data").mkdir(parents=True)
    for i, rows in enumerate((slice(0, 10), slice(10, 36))):
        some = TRAIN[0][rows], TRAIN[1][rows]
        write_parquet(root / "data" / f"train-0000{i}-of-00002.parquet", cells(some), some[1])
    write_parquet(root / "data" / "test-00000-of-00001-ab12cd.parquet", cells(TEST), TEST[1])
    return root


def tables_in_folders(root: Path) -> Path:
    (root / "train").mkdir(parents=True)
    for name, rows in (("0000", slice(0, 9)), ("0001", slice(9, 36))):
        some = TRAIN[0][rows], TRAIN[1][rows]
        write_parquet(root / "train" / f"{name}.parquet", cells(some), some[1])
    (root / "test").mkdir()
    (root / "README.md").write_text("# letters")
    write_parquet(root / "test" / "0000.parquet", cells(TEST), TEST[1])
    return root


def other_columns(image: str, label: str) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        import pyarrow
        import pyarrow.parquet

        root.mkdir()
        for name, part in (("train", TRAIN), ("test", TEST)):
            columns: dict[str, Any] = {image: cells(part), label: part[1], "coarse_label": part[1] * 0}
            pyarrow.parquet.write_table(pyarrow.table(columns), root / f"{name}.parquet")
        return root

    return write


def archive(**names: tuple[str, str]) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        arrays: dict[str, Any] = {}
        for part, pair in names.items():
            arrays |= dict(zip(pair, (TRAIN, TEST)[part == "test"], strict=True))
        np.savez_compressed(root.with_suffix(".npz"), **arrays)
        return root.with_suffix(".npz")

    return write


LAYOUTS: dict[str, Callable[[Path], Path]] = {
    "packed and unpacked": pairs,
    "torchvision": torchvision,
    "torchvision, MNIST/": torchvision_inner,
    "Train.csv": capital_tables,
    "shards": shards,
    "tables in folders": tables_in_folders,
    "img and labels": other_columns("img", "labels"),
    "image and fine_label": other_columns("image", "fine_label"),
    "medmnist": archive(train=("train_images", "train_labels"), test=("test_images", "test_labels")),
    "upper case": archive(train=("X_train", "Y_train"), test=("X_test", "Y_test")),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_with_a_test_part(layout: str, tmp_path: Path) -> None:
    expected = opened(write_idx(tmp_path / "expected", TRAIN, TEST))
    images = opened(LAYOUTS[layout](tmp_path / "data"))
    assert whole(images) == whole(expected)
    np.testing.assert_array_equal(images.test.images, expected.test.images)


def test_the_validation_part_of_an_archive_is_the_validation_split(tmp_path: Path) -> None:
    parts = {"train": TRAIN, "val": VALIDATION, "test": TEST}
    arrays: dict[str, Any] = {f"{part}_images": images for part, (images, _) in parts.items()}
    arrays |= {f"{part}_labels": labels[:, None].astype(np.uint8) for part, (_, labels) in parts.items()}
    np.savez(tmp_path / "m.npz", **arrays, weights=np.ones(3))
    images = opened(tmp_path / "m.npz")
    assert (len(images.train), len(images.validation), len(images.test)) == (36, 12, 12)
    assert "passed over: arrays weights of m.npz" in images.notes


@pytest.mark.parametrize(("one", "other"), [("x_val", "y_val"), ("val_x", "val_y"), ("x_valid", "y_valid")])
def test_validation_arrays_have_several_names(one: str, other: str, tmp_path: Path) -> None:
    arrays: dict[str, Any] = {"x_train": TRAIN[0], "y_train": TRAIN[1], "x_test": TEST[0], "y_test": TEST[1]}
    arrays |= {one: VALIDATION[0], other: VALIDATION[1]}
    np.savez(tmp_path / "d.npz", **arrays)
    assert len(opened(tmp_path / "d.npz").validation) == 12


def test_a_folder_may_hold_one_archive(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    LAYOUTS["medmnist"](tmp_path / "d" / "m")
    assert len(opened(tmp_path / "d").test) == 12


def test_two_arrays_of_one_name_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=TRAIN[0], X=TRAIN[0], y=TRAIN[1])
    assert "two arrays named x" in error_message(lambda: opened(tmp_path / "d.npz"))


def test_a_missing_shard_is_pointed_out(tmp_path: Path) -> None:
    path = shards(tmp_path / "d")
    (path / "data" / "train-00001-of-00002.parquet").unlink()
    assert "CAREFUL: train: 1 of its shards are not there" in opened(path).notes


def test_several_tables_that_are_no_shards_are_refused(tmp_path: Path) -> None:
    for name in ("train_a", "train_b", "test"):
        write_csv(tmp_path / f"{name}.csv", *TRAIN)
    assert "several tables (train_a.csv, train_b.csv) for train" in error_message(lambda: opened(tmp_path))
    for name in ("train_a", "train_b"):
        (tmp_path / f"{name}.csv").unlink()
    write_csv(tmp_path / "val.csv", *TRAIN)
    assert "no table for training (test.csv, val.csv)" in error_message(lambda: opened(tmp_path))


def test_hugging_face_test_rows_without_labels_are_counted(tmp_path: Path) -> None:
    write_parquet(tmp_path / "train.parquet", cells(TRAIN), TRAIN[1])
    write_parquet(tmp_path / "test.parquet", cells(TEST), [-1] * 12)
    assert "passed over: test.parquet, 12 images without labels" in opened(tmp_path).notes


def test_an_index_that_pandas_stored_is_no_pixel(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    columns: dict[str, Any] = {f"{i}": TRAIN[0].reshape(36, -1)[:, i] for i in range(144)}
    columns |= {"label": TRAIN[1], "__index_level_0__": np.arange(36)}
    metadata = {"pandas": json.dumps({"index_columns": ["__index_level_0__"]})}
    table = pyarrow.table(columns).replace_schema_metadata(metadata)
    pyarrow.parquet.write_table(table, tmp_path / "d.parquet")
    images = opened(tmp_path / "d.parquet")
    assert whole(images) == whole(opened(write_csv(tmp_path / "d.csv", *TRAIN)))
    assert [note for note in images.notes if "__index_level_0__" in note]


def test_test_images_beside_the_only_file_that_is_read_are_pointed_out(tmp_path: Path) -> None:
    write_idx(tmp_path, TRAIN, TEST)
    images = opened(tmp_path / "train-images-idx3-ubyte.gz")
    assert [note for note in images.notes if "t10k-images-idx3-ubyte.gz beside it" in note]


def test_tables_beside_idx_files_are_pointed_out(tmp_path: Path) -> None:
    write_idx(tmp_path, TRAIN, TEST)
    write_csv(tmp_path / "fashion_train.csv", *TRAIN)
    (tmp_path / "extra.csv.gz").write_bytes(gzip.compress(b"x"))
    assert "passed over: extra.csv.gz, fashion_train.csv" in opened(tmp_path).notes


@pytest.mark.parametrize(
    ("column", "cells", "message"),
    [
        ("image", TRAIN[0].tolist(), "column image holds list<element: list<element: int64>>, no labels and no images"),
        ("image", TRAIN[0].reshape(36, -1).tolist(), "row 0 holds a list, no image file"),
        ("pixels", TRAIN[0].reshape(36, -1).tolist(), "holds lists of pixels in a column"),
    ],
)
def test_lists_in_parquet_are_named_with_the_way_out(
    column: str, cells: list[Any], message: str, tmp_path: Path
) -> None:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table({column: cells, "label": TRAIN[1]}), tmp_path / "d.parquet")
    found = error_message(lambda: opened(tmp_path / "d.parquet"))
    assert message in found and found.endswith("store image files, or a column for each pixel")
