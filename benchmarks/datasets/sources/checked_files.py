"""Shared by the published datasets: finding and verifying files, splitting off validation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.datasets.sources.download import RemoteFile, fetch, find, read_verified
from benchmarks.datasets.spec import DataPlaces, Images, Split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIGITS = tuple("0123456789")
# where else the files of a dataset may be: where torchvision puts them, or directly, but for the two datasets whose
# files have the names of MNIST's
OTHER_FOLDERS = {
    "mnist": ("MNIST/raw", "raw", "."),
    "fashion-mnist": ("FashionMNIST/raw",),
    "kmnist": ("KMNIST/raw",),
    "qmnist": ("QMNIST/raw", "."),
    "emnist": ("EMNIST/raw", "."),
    "usps": (".",),
    "mnist-c": (".",),
}
Arrays = tuple["NDArray[np.uint8]", "NDArray[np.integer]"]


def find_or_fetch(file: RemoteFile, places: DataPlaces, folder: str) -> Path:
    """Return the path of a file below ``folder`` in one of the places; download it if there is none."""
    return find(file, folders(places, folder)) or fetch(file, places.cache / folder, places.on_download)


def read_all(files: Sequence[RemoteFile], places: DataPlaces, folder: str) -> list[bytes]:
    """Return the verified content of each file."""
    return [read_verified(find_or_fetch(file, places, folder), file) for file in files]


def location_of(files: Sequence[RemoteFile], places: DataPlaces, folder: str) -> str | None:
    """Return the folder of the first file if all exist locally; they are not read."""
    found = [find(file, folders(places, folder)) for file in files]
    return str(found[0].parent) if found[0] and all(found) else None


def checksums(names: Sequence[str], contents: Sequence[bytes]) -> tuple[tuple[str, str], ...]:
    """Return the SHA-256 of each uncompressed content."""
    import hashlib

    return tuple((name, hashlib.sha256(content).hexdigest()) for name, content in zip(names, contents, strict=True))


def as_images(
    train: Arrays,
    test: Arrays,
    class_names: tuple[str, ...],
    sums: tuple[tuple[str, str], ...],
    centred: bool = False,
) -> Images:
    """Return the splits; a stratified sixth of train (fixed seed) becomes validation. Raises ``BenchError``."""
    from benchmarks.datasets.preprocessing.cleaning import check_counts, drop_bad_images, reject_bad_images
    from benchmarks.datasets.preprocessing.splits import split_off_validation

    for name, (images, labels) in (("train", train), ("test", test)):
        check_counts(images, labels, name)
    n_classes = len(class_names)
    training, dropped = drop_bad_images(Split(train[0], train[1].astype("int64")), n_classes, "train")
    remaining, validation = split_off_validation(training)
    return Images(
        train=remaining,
        validation=validation,
        test=reject_bad_images(Split(test[0], test[1].astype("int64")), n_classes, "test"),
        class_names=class_names,
        dropped=dropped,
        checksums=sums,
        centred=centred,
    )


def folders(places: DataPlaces, folder: str) -> tuple[Path, ...]:
    """Return the folders that are searched for the files of a dataset."""
    below = (folder, *OTHER_FOLDERS.get(folder, ()))
    return tuple(place / name for place in (*places.folders, places.cache) for name in below)
