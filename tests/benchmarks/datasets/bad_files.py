"""Invalid user data in every format: the expected message of each case, and how to create it."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.datasets.helpers import idx_bytes
from tests.benchmarks.datasets.sample_files import (
    NAMES,
    csv_text,
    png,
    some_images,
    write_csv,
    write_folder,
    write_idx,
    write_npz,
    write_parquet,
)
from tests.benchmarks.datasets.test_normalization import huge_png

SMALL = 1 << 20  # maximal uncompressed size in these tests, bytes
TRAIN, TEST = some_images(), some_images(12, seed=1)
ONE_CLASS = (TRAIN[0], TRAIN[1] * 0)
UNKNOWN_LABELS = (TEST[0], TEST[1] + 7)
PNGS = [png(image) for image in TRAIN[0]]

Bad = tuple[str, Callable[[Path], Path]]


def damaged(path: Path, damage: Callable[[bytes], bytes]) -> Path:
    path.write_bytes(damage(path.read_bytes()))
    return path


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def other_magic(content: bytes) -> bytes:
    return b"??" + content[2:]


def in_folder(name: str, content: bytes) -> Callable[[Path], Path]:
    """Write a valid folder of images with one additional file."""

    def write(root: Path) -> Path:
        write_folder(root, *TRAIN)
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(content)
        return root

    return write


def empty_class(root: Path) -> Path:
    (write_folder(root, *TRAIN) / "delta").mkdir()
    return root


def unknown_in_test(root: Path) -> Path:
    write_folder(root / "train", *TRAIN)
    write_folder(root / "test", *TEST, names=("alpha", "beta", "omega"))
    return root


def blank_in_test(root: Path) -> Path:
    write_folder(root / "train", *TRAIN)
    write_folder(root / "test", TEST[0] * 0, TEST[1])
    return root


def all_in_one(root: Path) -> Path:
    root.mkdir()
    (root / "a.png").write_bytes(PNGS[0])
    return root


FOLDERS: dict[str, Bad] = {
    "missing": ("no such file or folder", lambda root: root / "nowhere"),
    "truncated": ("alpha/x.png cannot be read as an image", in_folder("alpha/x.png", half(PNGS[0]))),
    "wrong magic": ("unknown format", in_folder("alpha/x.png", other_magic(PNGS[0]))),
    "empty file": ("alpha/x.png cannot be read", in_folder("alpha/x.png", b"")),
    "bomb": ("pixels", in_folder("alpha/x.png", huge_png())),
    "no classes": ("no subfolders", all_in_one),
    "single class": ("a single class, 'only'", lambda root: write_folder(root, *ONE_CLASS, names=("only",))),
    "empty class": ("delta contains no images", empty_class),
    "label out of range": ("'omega' is out of range", unknown_in_test),
    "one of a class": ("'delta' has 1", in_folder("delta/x.png", PNGS[0])),
    "blank in test": ("12 test images are unusable", blank_in_test),
    "test alone": ("no train/", lambda root: write_folder(root / "test", *TEST).parent),
}


def idx_with(name: str, damage: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    """Write four valid IDX files, and damage one."""

    def write(root: Path) -> Path:
        damaged(write_idx(root, TRAIN, TEST, zipped=False) / name, damage)
        return root

    return write


def gzipped_idx(damage: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        damaged(write_idx(root, TRAIN) / "train-images-idx3-ubyte.gz", damage)
        return root

    return write


def without(name: str) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        (write_idx(root, TRAIN, TEST, zipped=False) / name).unlink()
        return root

    return write


BOMB = gzip.compress(bytes(4 * SMALL))
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
IDX: dict[str, Bad] = {
    "missing": ("no such file or folder", lambda root: root / IMAGES),
    "labels missing": ("has no labels", without(LABELS)),
    "truncated": ("should have", idx_with(IMAGES, half)),
    "truncated, gzipped": ("cannot be read", gzipped_idx(half)),
    "wrong magic": ("not an IDX file", idx_with(IMAGES, other_magic)),
    "counts differ": ("36 images but 35 labels", idx_with(LABELS, lambda _: idx_bytes(TRAIN[1][:-1]))),
    "no images": ("should", idx_with(IMAGES, lambda content: content[:16])),
    "none at all": ("contains no images", lambda root: write_idx(root, (TRAIN[0][:0], TRAIN[1][:0]))),
    "single class": ("a single class, '0'", lambda root: write_idx(root, ONE_CLASS)),
    "label out of range": ("is out of range", lambda root: write_idx(root, TRAIN, UNKNOWN_LABELS)),
    "swapped": ("dimensions", lambda root: write_idx(root, (TRAIN[1].astype(np.uint8), TRAIN[0]))),  # type: ignore[arg-type]
    "gzip bomb": ("has more than 1 MiB", gzipped_idx(lambda _: BOMB)),
    "one of a class": ("'9' has 1", idx_with(LABELS, lambda content: content[:-1] + b"\t")),
}


def npz_of(**arrays: Any) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        with root.with_suffix(".npz").open("wb") as file:
            np.savez_compressed(file, **arrays)
        return root.with_suffix(".npz")

    return write


def damaged_npz(damage: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    return lambda root: damaged(write_npz(root.with_suffix(".npz"), TRAIN), damage)


def npz_with_false_shape(root: Path) -> Path:
    """Write a file whose header declares a much larger array."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (1 << 40, 28, 28)})
    path = root.with_suffix(".npz")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_train.npy", header.getvalue())
        archive.writestr("y_train.npy", header.getvalue())
    return path


NPZ: dict[str, Bad] = {
    "missing": ("no such file or folder", lambda root: root / "a.npz"),
    "truncated": ("not a readable .npz file", damaged_npz(half)),
    "wrong magic": ("not a readable .npz file", damaged_npz(lambda _: b"?" * 100)),
    "empty file": ("not a readable .npz file", damaged_npz(lambda _: b"")),
    "counts differ": ("36 images but 30 labels", npz_of(x_train=TRAIN[0], y_train=TRAIN[1][:30])),
    "labels missing": ("has no y_train", npz_of(x_train=TRAIN[0])),
    "other names": ("it contains: a, b", npz_of(a=TRAIN[0], b=TRAIN[1])),
    "pickle": ("never loaded", npz_of(x_train=TRAIN[0], y_train=TRAIN[1].astype(object))),
    "single class": ("a single class", npz_of(x_train=TRAIN[0], y_train=TRAIN[1] * 0)),
    "no classes": ("is empty; remove images without a label", npz_of(x_train=TRAIN[0], y_train=[""] * 36)),
    "label out of range": ("label 0 is -1", npz_of(x_train=TRAIN[0], y_train=TRAIN[1] - 1)),
    "label of NaN": ("label 0 is nan", npz_of(x_train=TRAIN[0], y_train=TRAIN[1] * np.nan)),
    "test label out of range": (
        "out of range",
        lambda root: write_npz(root.with_suffix(".npz"), TRAIN, UNKNOWN_LABELS),
    ),
    "pixel out of range": ("pixels range from 0 to 510", npz_of(x_train=TRAIN[0] * 2.0, y_train=TRAIN[1])),
    "pixel of NaN": ("have pixels that are NaN", npz_of(x_train=TRAIN[0] * np.nan, y_train=TRAIN[1])),
    "no square": ("not a square", npz_of(x_train=TRAIN[0].reshape(36, -1)[:, 1:], y_train=TRAIN[1])),
    "five dimensions": ("dtype uint8 and shape", npz_of(x_train=TRAIN[0][:, None, None], y_train=TRAIN[1])),
    "bomb": ("has 4 MiB uncompressed", npz_of(x_train=np.zeros((4 * SMALL, 1), np.uint8), y_train=[1])),
    "false shape in the header": ("should have", npz_with_false_shape),
}


def csv_with(damage: Callable[[str], str], name: str = "data.csv") -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        root.mkdir()
        (root / name).write_bytes(damage(csv_text(*TRAIN)).encode("utf-8", "surrogateescape"))
        return root / name

    return write


def csv_bomb(root: Path) -> Path:
    root.mkdir()
    (root / "data.csv.gz").write_bytes(BOMB)
    return root / "data.csv.gz"


CSV: dict[str, Bad] = {
    "missing": ("no such file or folder", lambda root: root / "a.csv"),
    "empty file": ("contains no images", csv_with(lambda _: "")),
    "header only": ("contains no images", csv_with(lambda text: text.splitlines()[0])),
    "truncated": ("fields but the first has 145", csv_with(lambda text: text[: len(text) // 2])),
    "wrong magic": ("not a readable CSV file", csv_with(lambda _: "\udcff\udcd8\udcff" * 40)),
    "NUL": ("data.csv", csv_with(lambda text: text[:4000] + "\0" + text[4000:])),
    "no commas": ("no commas", csv_with(lambda _: "hello\nworld\n")),
    "no labels": ("no column named 'label'", csv_with(lambda text: text.replace("label", "number"))),
    "counts differ": ("fields but the first has", csv_with(lambda text: text + "1,2,3\n")),
    "single class": ("a single class", lambda root: write_csv(root.with_suffix(".csv"), *ONE_CLASS)),
    "no name": ("label 0 is empty", lambda root: write_csv(root.with_suffix(".csv"), TRAIN[0], [""] * 36)),
    "label out of range": ("is -1", lambda root: write_csv(root.with_suffix(".csv"), TRAIN[0], TRAIN[1] - 1)),
    "label of a half": ("is 0.5", lambda root: write_csv(root.with_suffix(".csv"), TRAIN[0], TRAIN[1] + 0.5)),
    "pixel out of range": ("pixel of 300", csv_with(lambda text: text.replace(",0\n", ",300\n", 3))),
    "pixel of NaN": ("pixel of nan", csv_with(lambda text: text.replace(",0\n", ",nan\n", 3))),
    "text for a pixel": ("pixel that is not a number", csv_with(lambda text: text.replace(",0\n", ",x\n", 3))),
    "no square": ("143 pixels", csv_with(lambda text: "\n".join(t.rpartition(",")[0] for t in text.splitlines()))),
    "gzip bomb": ("has more than 1 MiB", csv_bomb),
}


def parquet_of(cells: Any, labels: Any, names: Any = None) -> Callable[[Path], Path]:
    return lambda root: write_parquet(root.with_suffix(".parquet"), cells, labels, names)


def damaged_parquet(damage: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    return lambda root: damaged(write_parquet(root.with_suffix(".parquet"), PNGS, TRAIN[1]), damage)


def without_labels(root: Path) -> Path:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table({"image": PNGS}), root.with_suffix(".parquet"))
    return root.with_suffix(".parquet")


PARQUET: dict[str, Bad] = {
    "missing": ("no such file or folder", lambda root: root / "a.parquet"),
    "truncated": ("not a readable Parquet file", damaged_parquet(half)),
    "wrong magic": (
        "not a readable Parquet file",
        damaged_parquet(lambda content: other_magic(content)[:-4] + b"????"),
    ),
    "empty file": ("not a readable Parquet file", damaged_parquet(lambda _: b"")),
    "labels missing": ("no column named 'label'", without_labels),
    "no rows": ("contains no images", parquet_of([], [])),
    "single class": ("a single class", parquet_of(PNGS, [3] * 36)),
    "no label": ("label 0 is None", parquet_of(PNGS, [None, *TRAIN[1][1:].tolist()])),
    "several labels": ("label 0 is [1, 2]", parquet_of(PNGS, [[1, 2]] * 36)),
    "label out of range": ("label 2 is out of range", parquet_of(PNGS, TRAIN[1], NAMES[:2])),
    "unreadable image": ("row 1 cannot be read as an image", parquet_of([PNGS[0], half(PNGS[1]), *PNGS[2:]], TRAIN[1])),
    "no image": ("row 0 contains no image file", parquet_of(["x"] * 36, TRAIN[1])),
    "bomb": ("MiB uncompressed", parquet_of([bytes(SMALL)] * 36, TRAIN[1])),
}
INVALID = {"folder": FOLDERS, "idx": IDX, "npz": NPZ, "csv": CSV, "parquet": PARQUET}
