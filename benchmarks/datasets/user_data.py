"""``--dataset PATH``: user data in any supported format."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions, preprocess
from benchmarks.datasets.readers.idx_files import image_files, read_idx
from benchmarks.datasets.readers.image_folder import read_folder
from benchmarks.datasets.readers.npz import read_npz
from benchmarks.datasets.readers.parquet import read_parquet
from benchmarks.datasets.readers.pixel_table import read_csv
from benchmarks.datasets.readers.raw_images import RawDataset
from benchmarks.datasets.spec import Images

KINDS = "a folder of images with a subfolder for each class, IDX files, .npz, .csv of label and pixels, or .parquet"
TABLES: dict[str, Callable[[Sequence[Path]], RawDataset]] = {
    ".csv": read_csv,
    ".csv.gz": read_csv,
    ".parquet": read_parquet,
}


def is_path(text: str) -> bool:
    """Return whether an unregistered dataset name is a path: it exists, or is written like one."""
    path = Path(text)
    return bool(text) and (os.sep in text or text.startswith("~") or bool(path.suffix) or path.exists())


def open_path(text: str, options: PreprocessingOptions) -> Images:
    """Return the images at a path, preprocessed and split. Raises ``BenchError`` if they cannot be read."""
    path = Path(text).expanduser()
    try:
        source = _read(path)
        return replace(preprocess(source, str(path), options), source=str(path.resolve()))
    except OSError as error:
        raise BenchError(f"{error.filename or path} cannot be read ({error.strerror or error})") from error


def _read(path: Path) -> RawDataset:
    if not path.exists():
        raise BenchError(f"--dataset {path}: there is no such file or folder, and no dataset of that name")
    if path.is_dir():
        return _read_folder(path)
    for suffix, read in TABLES.items():
        if path.name.lower().endswith(suffix):
            return read([path])
    if path.name.lower().endswith(".npz"):
        return read_npz(path)
    if "ubyte" in path.name or "idx" in path.name:
        return read_idx(path)
    raise BenchError(f"--dataset {path}: unknown format; supported: {KINDS}")


def _read_folder(folder: Path) -> RawDataset:
    """Read the first of these that a folder contains: IDX files, tables, class folders."""
    if image_files(folder):
        return read_idx(folder)
    for suffix, read in TABLES.items():
        found = sorted(path for path in folder.iterdir() if path.name.lower().endswith(suffix))
        if found:
            chosen = _train_and_test(found, folder)
            source = read(chosen)
            return replace(source, notes=(f"read: {', '.join(path.name for path in chosen)}", *source.notes))
    return read_folder(folder)


def _train_and_test(found: Sequence[Path], folder: Path) -> Sequence[Path]:
    """Return the only table of a folder, or the two for train and test; raises ``BenchError``."""
    test = [path for path in found if "test" in path.name]
    train = [path for path in found if path not in test]
    if len(train) != 1 or len(test) > 1:
        names = ", ".join(path.name for path in found[:5])
        raise BenchError(
            f"{folder}: several tables ({names}); "
            "pass the path of one, or leave two with 'train' and 'test' in their names"
        )
    return [*train, *test]
