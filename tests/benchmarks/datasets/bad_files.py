"""Bad data of one's own, in every format: what is said of each fault, and how to make it."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.datasets.fakes import idx_bytes
from tests.benchmarks.datasets.own_files import (
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
from tests.benchmarks.datasets.test_frame import huge_png

SMALL = 1 << 20  # bytes that a file may hold uncompressed in these tests
TRAIN, TEST = some_images(), some_images(12, seed=1)
ONE_CLASS = (TRAIN[0], TRAIN[1] * 0)
STRANGE = (TEST[0], TEST[1] + 7)
PNGS = [png(image) for image in TRAIN[0]]

Bad = tuple[str, Callable[[Path], Path]]


def spoilt(path: Path, spoil: Callable[[bytes], bytes]) -> Path:
    path.write_bytes(spoil(path.read_bytes()))
    return path


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def other_magic(content: bytes) -> bytes:
    return b"??" + content[2:]


def in_folder(name: str, content: bytes) -> Callable[[Path], Path]:
    """Write a good folder of images with one file more."""

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
    "cut short": ("alpha/x.png cannot be read as an image", in_folder("alpha/x.png", half(PNGS[0]))),
    "wrong magic": ("in no format that is known", in_folder("alpha/x.png", other_magic(PNGS[0]))),
    "empty file": ("alpha/x.png cannot be read", in_folder("alpha/x.png", b"")),
    "bomb": ("pixels", in_folder("alpha/x.png", huge_png())),
    "no classes": ("no subfolders", all_in_one),
    "single class": ("a single class, 'only'", lambda root: write_folder(root, *ONE_CLASS, names=("only",))),
    "empty class": ("delta holds no images", empty_class),
    "label out of range": ("'omega' is out of range", unknown_in_test),
    "one of a class": ("'delta' has 1", in_folder("delta/x.png", PNGS[0])),
    "blank in test": ("12 test images are unusable", blank_in_test),
    "test alone": ("no train/", lambda root: write_folder(root / "test", *TEST).parent),
}


def idx_with(name: str, spoil: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    """Write four good IDX files, and spoil one."""

    def write(root: Path) -> Path:
        spoilt(write_idx(root, TRAIN, TEST, zipped=False) / name, spoil)
        return root

    return write


def gzipped_idx(spoil: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        spoilt(write_idx(root, TRAIN) / "train-images-idx3-ubyte.gz", spoil)
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
    "labels of test missing": ("has no labels", without("t10k-labels-idx1-ubyte")),
    "cut short": ("should hold", idx_with(IMAGES, half)),
    "cut short, gzipped": ("cannot be read", gzipped_idx(half)),
    "wrong magic": ("no IDX file", idx_with(IMAGES, other_magic)),
    "counts differ": ("36 images but 35 labels", idx_with(LABELS, lambda _: idx_bytes(TRAIN[1][:-1]))),
    "no images": ("should", idx_with(IMAGES, lambda content: content[:16])),
    "none at all": ("no images", lambda root: write_idx(root, (TRAIN[0][:0], TRAIN[1][:0]))),
    "single class": ("a single class, '0'", lambda root: write_idx(root, ONE_CLASS)),
    "label out of range": ("is out of range", lambda root: write_idx(root, TRAIN, STRANGE)),
    "in each other's place": ("dimensions", lambda root: write_idx(root, (TRAIN[1].astype(np.uint8), TRAIN[0]))),  # type: ignore[arg-type]
    "gzip bomb": ("holds more than 1 MiB", gzipped_idx(lambda _: BOMB)),
    "one of a class": ("'9' has 1", idx_with(LABELS, lambda content: content[:-1] + b"\t")),
}


def npz_of(**arrays: Any) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        with root.with_suffix(".npz").open("wb") as file:
            np.savez_compressed(file, **arrays)
        return root.with_suffix(".npz")

    return write


def npz_spoilt(spoil: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    return lambda root: spoilt(write_npz(root.with_suffix(".npz"), TRAIN), spoil)


def npz_that_lies(root: Path) -> Path:
    """Write a file whose array says it is much larger than it is."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (1 << 40, 28, 28)})
    path = root.with_suffix(".npz")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_train.npy", header.getvalue())
        archive.writestr("y_train.npy", header.getvalue())
    return path


NPZ: dict[str, Bad] = {
    "missing": ("no such file or folder", lambda root: root / "a.npz"),
    "cut short": ("no .npz file", npz_spoilt(half)),
    "wrong magic": ("no .npz file", npz_spoilt(lambda _: b"?" * 100)),
    "empty file": ("no .npz file", npz_spoilt(lambda _: b"")),
    "counts differ": ("36 images but 30 labels", npz_of(x_train=TRAIN[0], y_train=TRAIN[1][:30])),
    "labels missing": ("has no y_train", npz_of(x_train=TRAIN[0])),
    "other names": ("it has: a, b", npz_of(a=TRAIN[0], b=TRAIN[1])),
    "pickle": ("never loaded", npz_of(x_train=TRAIN[0], y_train=TRAIN[1].astype(object))),
    "single class": ("a single class", npz_of(x_train=TRAIN[0], y_train=TRAIN[1] * 0)),
    "no classes": ("which is no name", npz_of(x_train=TRAIN[0], y_train=[""] * 36)),
    "label out of range": ("label 0 is -1", npz_of(x_train=TRAIN[0], y_train=TRAIN[1] - 1)),
    "label of NaN": ("label 0 is nan", npz_of(x_train=TRAIN[0], y_train=TRAIN[1] * np.nan)),
    "test label out of range": ("out of range", lambda root: write_npz(root.with_suffix(".npz"), TRAIN, STRANGE)),
    "pixel out of range": ("pixels go from 0 to 510", npz_of(x_train=TRAIN[0] * 2.0, y_train=TRAIN[1])),
    "pixel of NaN": ("pixels go from nan", npz_of(x_train=TRAIN[0] * np.nan, y_train=TRAIN[1])),
    "no square": ("no square", npz_of(x_train=TRAIN[0].reshape(36, -1)[:, 1:], y_train=TRAIN[1])),
    "five dimensions": ("of uint8 values and shape", npz_of(x_train=TRAIN[0][:, None, None], y_train=TRAIN[1])),
    "bomb": ("holds 4 MiB uncompressed", npz_of(x_train=np.zeros((4 * SMALL, 1), np.uint8), y_train=[1])),
    "a lie about the shape": ("should hold", npz_that_lies),
}


def csv_of(spoil: Callable[[str], str], name: str = "data.csv") -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        root.mkdir()
        (root / name).write_bytes(spoil(csv_text(*TRAIN)).encode("utf-8", "surrogateescape"))
        return root / name

    return write


def csv_bomb(root: Path) -> Path:
    root.mkdir()
    (root / "data.csv.gz").write_bytes(BOMB)
    return root / "data.csv.gz"


CSV: dict[str, Bad] = {
    "missing": ("no such file or folder", lambda root: root / "a.csv"),
    "empty file": ("there are no images", csv_of(lambda _: "")),
    "heading alone": ("there are no images", csv_of(lambda text: text.splitlines()[0])),
    "cut short": ("fields but the first has 145", csv_of(lambda text: text[: len(text) // 2])),
    "wrong magic": ("no CSV file", csv_of(lambda _: "\udcff\udcd8\udcff" * 40)),
    "NUL": ("data.csv", csv_of(lambda text: text[:4000] + "\0" + text[4000:])),
    "no commas": ("no commas", csv_of(lambda _: "hello\nworld\n")),
    "no labels": ("no column named 'label'", csv_of(lambda text: text.replace("label", "number"))),
    "counts differ": ("fields but the first has", csv_of(lambda text: text + "1,2,3\n")),
    "single class": ("a single class", lambda root: write_csv(root.with_suffix(".csv"), *ONE_CLASS)),
    "no name": ("which is no name", lambda root: write_csv(root.with_suffix(".csv"), TRAIN[0], [""] * 36)),
    "label out of range": ("is -1", lambda root: write_csv(root.with_suffix(".csv"), TRAIN[0], TRAIN[1] - 1)),
    "label of a half": ("is 0.5", lambda root: write_csv(root.with_suffix(".csv"), TRAIN[0], TRAIN[1] + 0.5)),
    "pixel out of range": ("pixel of 300", csv_of(lambda text: text.replace(",0\n", ",300\n", 3))),
    "pixel of NaN": ("pixel of nan", csv_of(lambda text: text.replace(",0\n", ",nan\n", 3))),
    "a word for a pixel": ("pixel that is no number", csv_of(lambda text: text.replace(",0\n", ",x\n", 3))),
    "no square": ("143 pixels", csv_of(lambda text: "\n".join(t.rpartition(",")[0] for t in text.splitlines()))),
    "gzip bomb": ("holds more than 1 MiB", csv_bomb),
}


def parquet_of(cells: Any, labels: Any, names: Any = None) -> Callable[[Path], Path]:
    return lambda root: write_parquet(root.with_suffix(".parquet"), cells, labels, names)


def parquet_spoilt(spoil: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    return lambda root: spoilt(write_parquet(root.with_suffix(".parquet"), PNGS, TRAIN[1]), spoil)


def without_labels(root: Path) -> Path:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table({"image": PNGS}), root.with_suffix(".parquet"))
    return root.with_suffix(".parquet")


PARQUET: dict[str, Bad] = {
    "missing": ("no such file or folder", lambda root: root / "a.parquet"),
    "cut short": ("no Parquet file", parquet_spoilt(half)),
    "wrong magic": ("no Parquet file", parquet_spoilt(lambda content: other_magic(content)[:-4] + b"????")),
    "empty file": ("no Parquet file", parquet_spoilt(lambda _: b"")),
    "labels missing": ("no column named 'label'", without_labels),
    "no rows": ("no images", parquet_of([], [])),
    "single class": ("a single class", parquet_of(PNGS, [3] * 36)),
    "no label": ("label 0 is None", parquet_of(PNGS, [None, *TRAIN[1][1:].tolist()])),
    "several labels": ("label 0 is [1, 2]", parquet_of(PNGS, [[1, 2]] * 36)),
    "label out of range": ("label 2 is out of range", parquet_of(PNGS, TRAIN[1], NAMES[:2])),
    "unreadable image": ("row 1 cannot be read as an image", parquet_of([PNGS[0], half(PNGS[1]), *PNGS[2:]], TRAIN[1])),
    "no image": ("row 0 holds no image file", parquet_of(["x"] * 36, TRAIN[1])),
    "bomb": ("MiB uncompressed", parquet_of([bytes(SMALL)] * 36, TRAIN[1])),
}
FAULTS = {"folder": FOLDERS, "idx": IDX, "npz": NPZ, "csv": CSV, "parquet": PARQUET}
