"""User data in IDX files, gzipped or not: a folder with those of each part, or the path of an image file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.archives.data_path import DataPath
from benchmarks.datasets.readers.idx import parse_idx, read_uncompressed
from benchmarks.datasets.readers.labels import label_names
from benchmarks.datasets.readers.parts import part_of_file, without_packed_twins
from benchmarks.datasets.readers.raw_images import DEFAULT, RawDataset, RawSplit, raw_split_from_arrays
from benchmarks.datasets.spec import ReadingOptions

IMAGES, LABELS = "images", "labels"
IDX_MARKS = ("idx", "ubyte")


def image_files(folder: DataPath) -> list[DataPath]:
    """Return the files of a folder that are IDX files of images, by their names; one of each packed pair.

    Where there are none, those that are alone in folders of their names, as Kaggle unpacks them.
    """
    here = _of_images(folder.iterdir())
    below = [] if here else _of_images(place / place.name for place in folder.iterdir() if place.is_dir())
    return without_packed_twins(sorted(here or below))


def _of_images(paths: Iterable[DataPath]) -> list[DataPath]:
    return [
        path
        for path in paths
        if IMAGES in path.name.lower() and any(mark in path.name.lower() for mark in IDX_MARKS) and path.is_file()
    ]


def read_idx(path: DataPath, options: ReadingOptions = DEFAULT) -> RawDataset:
    """Read the images and labels of a folder, or of one file and the labels beside it. Raises ``BenchError``."""
    found = image_files(path) if path.is_dir() else [path]
    files: dict[str, DataPath] = {}
    for file in found:
        part = (part_of_file(file.name) or "train") if len(found) > 1 else "train"
        if part in files:
            raise BenchError(
                f"{path} has several {part} files of images ({files[part].name}, {file.name}…); pass the path of one"
            )
        files[part] = file
    if "train" not in files:
        raise BenchError(f"{path} has no file of images for training ({', '.join(file.name for file in found[:5])})")
    checksums: list[tuple[str, str]] = []
    parts: dict[str, RawSplit] = {}
    notes = [*_unread_notes(path)] if path.is_file() else []
    for part in (part for part in ("train", "validation", "test") if part in files):
        if part == "train" or _labels_beside(files[part]):
            parts[part] = _part(files[part], checksums, options)
        else:
            n = len(parse_idx(read_uncompressed(files[part]), str(files[part])))
            notes.append(f"passed over: {files[part].name}, {n:,} images without labels")
    return RawDataset(parts["train"], parts.get("test"), tuple(checksums), tuple(notes), parts.get("validation"))


def _unread_notes(path: DataPath) -> tuple[str, ...]:
    """Return a note on the test images beside the only file that is read."""
    own = path.name.removesuffix(".gz")
    others = [file for file in image_files(path.parent) if file.name.removesuffix(".gz") != own]
    test = [file.name for file in others if part_of_file(file.name) == "test"]
    return (f"passed over: {test[0]} beside it; pass the folder to test on it",) if test else ()


def _part(images: DataPath, checksums: list[tuple[str, str]], options: ReadingOptions) -> RawSplit:
    labels = _labels_beside(images)
    if labels is None:
        raise BenchError(
            f"{images} has no labels: neither {_labels_name(images)} nor {_labels_name(images)}.gz is beside it"
        )
    arrays = []
    for file in (images, labels):
        content = read_uncompressed(file)
        checksums.append((file.name.removesuffix(".gz"), hashlib.sha256(content).hexdigest()))
        arrays.append(parse_idx(content, str(file)))
    if arrays[0].ndim < 3 or arrays[1].ndim != 1:
        raise BenchError(
            f"{images} has {arrays[0].ndim} and {labels.name} {arrays[1].ndim} dimensions; expected 3 and 1"
        )
    return raw_split_from_arrays(arrays[0], label_names(arrays[1], str(labels)), str(images), options)


def _labels_beside(images: DataPath) -> DataPath | None:
    """Return the label file of an image file; None if there is none."""
    name = _labels_name(images)
    names = (name.lower(), f"{name}.gz".lower())
    beside = sorted(file for file in images.parent.iterdir() if file.name.lower() in names and file.is_file())
    alone = images.parent.parent / name / name  # beside the folder that the images are alone in
    return next((file for file in (*beside, alone) if file.is_file()), None)


def _labels_name(images: DataPath) -> str:
    """Return the name of the label file of an image file; raises ``BenchError`` if its name does not say."""
    if IMAGES not in images.name.lower():
        raise BenchError(f"{images}: its name does not contain 'images', so its label file is unknown")
    name = images.name
    for change in (str.lower, str.title, str.upper):
        name = name.replace(change(IMAGES), change(LABELS))
    return re.sub("(idx)[34]", r"\g<1>1", name, flags=re.IGNORECASE).removesuffix(".gz")
