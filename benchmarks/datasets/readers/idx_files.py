"""User data in IDX files, gzipped or not: a folder with two or four, or the path of an image file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.idx import parse_idx, read_uncompressed
from benchmarks.datasets.readers.raw_images import RawDataset, RawSplit, label_names, raw_split_from_arrays

IMAGES, LABELS = "images", "labels"
TEST = ("t10k", "test")
IDX_MARKS = ("idx", "ubyte")


def image_files(folder: Path) -> list[Path]:
    """Return the files of a folder that are IDX files of images, by their names."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and IMAGES in path.name and any(mark in path.name for mark in IDX_MARKS)
    )


def read_idx(path: Path) -> RawDataset:
    """Read the images and labels of a folder, or of one file and the labels beside it. Raises ``BenchError``."""
    found = image_files(path) if path.is_dir() else [path]
    test = [file for file in found if any(mark in file.name for mark in TEST)] if len(found) > 1 else []
    train = [file for file in found if file not in test]
    for kind, files in (("train", train), ("test", test)):
        if len(files) > 1:
            raise BenchError(
                f"{path} has {len(files)} {kind} files of images ({files[0].name}, {files[1].name}…); expected one"
            )
    checksums: list[tuple[str, str]] = []
    parts = [_part(file, checksums) for file in (*train, *test)]
    return RawDataset(parts[0], parts[1] if test else None, tuple(checksums))


def _part(images: Path, checksums: list[tuple[str, str]]) -> RawSplit:
    labels = _labels_beside(images)
    arrays = []
    for file in (images, labels):
        content = read_uncompressed(file)
        checksums.append((file.name.removesuffix(".gz"), hashlib.sha256(content).hexdigest()))
        arrays.append(parse_idx(content, str(file)))
    if arrays[0].ndim < 3 or arrays[1].ndim != 1:
        raise BenchError(
            f"{images} has {arrays[0].ndim} and {labels.name} {arrays[1].ndim} dimensions; expected 3 and 1"
        )
    return raw_split_from_arrays(arrays[0], label_names(arrays[1].tolist(), str(labels)), str(images))


def _labels_beside(images: Path) -> Path:
    """Return the label file of an image file; raises ``BenchError`` if there is none."""
    if IMAGES not in images.name:
        raise BenchError(f"{images}: its name does not contain 'images', so its label file is unknown")
    name = images.name.replace(IMAGES, LABELS).replace("idx3", "idx1").replace("idx4", "idx1").removesuffix(".gz")
    for candidate in (images.with_name(name), images.with_name(f"{name}.gz")):
        if candidate.is_file():
            return candidate
    raise BenchError(f"{images} has no labels: neither {name} nor {name}.gz is beside it")
