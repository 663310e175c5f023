"""What the published relatives of MNIST have in common: where their files are looked for, and how they are split."""

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
Arrays = tuple["NDArray[np.uint8]", "NDArray[np.integer]"]


def place_of(file: RemoteFile, places: DataPlaces, folder: str) -> Path:
    """Return where a file lies below ``folder`` in one of the places, fetched if it lies nowhere."""
    return find(file, _folders(places, folder)) or fetch(file, places.cache / folder)


def read_all(files: Sequence[RemoteFile], places: DataPlaces, folder: str) -> list[bytes]:
    """Return the verified content of each file."""
    return [read_verified(place_of(file, places, folder), file) for file in files]


def where(files: Sequence[RemoteFile], places: DataPlaces, folder: str) -> str | None:
    """Return the folder of the first file if all are somewhere; they are not read."""
    found = [find(file, _folders(places, folder)) for file in files]
    return str(found[0].parent) if found[0] and all(found) else None


def checksums(names: Sequence[str], contents: Sequence[bytes]) -> tuple[tuple[str, str], ...]:
    """Return the SHA-256 of each uncompressed content."""
    import hashlib

    return tuple((name, hashlib.sha256(content).hexdigest()) for name, content in zip(names, contents, strict=True))


def published(
    train: Arrays,
    test: Arrays,
    class_names: tuple[str, ...],
    sums: tuple[tuple[str, str], ...],
    centred: bool = False,
) -> Images:
    """Return the splits: a stratified sixth of train, always the same, is for validation. Raises ``BenchError``."""
    from benchmarks.datasets.preprocessing.cleaning import check_counts, keep_good, refuse_bad
    from benchmarks.datasets.preprocessing.splits import with_validation

    for name, (images, labels) in (("train", train), ("test", test)):
        check_counts(images, labels, name)
    n_classes = len(class_names)
    learnable, dropped = keep_good(Split(train[0], train[1].astype("int64")), n_classes, "train")
    kept, validation = with_validation(learnable)
    return Images(
        train=kept,
        validation=validation,
        test=refuse_bad(Split(test[0], test[1].astype("int64")), n_classes, "test"),
        class_names=class_names,
        dropped=dropped,
        checksums=sums,
        centred=centred,
    )


def _folders(places: DataPlaces, folder: str) -> tuple[Path, ...]:
    return tuple(place / folder for place in (*places.folders, places.cache))
