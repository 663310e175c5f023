"""The images of a plug-in's dataset, handed from the process that loads them to the bench as files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.common.errors import BenchError
from benchmarks.datasets.unreadable import UNREADABLE
from benchmarks.datasets.spec import Images, Polarity, Preparation, Split

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAMED = ("train", "validation", "test")
PICTURE = "picture.png"


@dataclass(frozen=True)
class ImagesAnswer:
    """Where a dataset is, or all of its images but the arrays; ``splits`` are the names of those."""

    error: str = ""
    location: str | None = None
    splits: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    checksums: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    source: str = ""
    preparation: Preparation = field(default_factory=Preparation)
    polarity: Polarity = "auto"
    reading: tuple[str, ...] = ()


def write_images(images: Any, folder: Path) -> ImagesAnswer:
    """Write the arrays of a dataset into ``folder``; return the rest. Raises ``BenchError`` if it has no images."""
    import numpy as np

    if not isinstance(images, Images):
        raise BenchError(f"load returned a {type(images).__name__}; expected Images")
    splits = {**{name: getattr(images, name) for name in NAMED}, **images.further}
    for number, split in enumerate(splits.values()):
        for file, array in zip(_files(folder, number), (split.images, split.labels), strict=True):
            np.save(file, array, allow_pickle=False)
    if images.picture:
        (folder / PICTURE).write_bytes(images.picture)
    return ImagesAnswer(
        splits=tuple(splits),
        class_names=tuple(images.class_names),
        dropped=tuple(images.dropped),
        checksums=tuple(images.checksums),
        notes=tuple(images.notes),
        source=images.source,
        preparation=images.preparation,
        polarity=images.polarity,
        reading=tuple(images.reading),
    )


def read_images(answer: ImagesAnswer, folder: Path) -> Images:
    """Return the images that were written; raises ``BenchError`` for what cannot be a dataset's."""
    if answer.splits[: len(NAMED)] != NAMED:
        raise BenchError("it has no train, validation and test split")
    splits = {name: _read_split(name, *_files(folder, number)) for number, name in enumerate(answer.splits)}
    train, validation, test = (splits.pop(name) for name in NAMED)
    return Images(
        train,
        validation,
        test,
        class_names=answer.class_names,
        dropped=answer.dropped,
        checksums=answer.checksums,
        notes=answer.notes,
        picture=(folder / PICTURE).read_bytes() if (folder / PICTURE).is_file() else None,
        source=answer.source,
        preparation=answer.preparation,
        polarity=answer.polarity,
        reading=answer.reading,
        further=splits,
    )


def _read_split(name: str, images_file: Path, labels_file: Path) -> Split:
    images, labels = _read_array(images_file), _read_array(labels_file)
    if images.dtype != "uint8" or images.ndim != 3 or labels.dtype != "int64" or labels.shape != images.shape[:1]:
        raise BenchError(
            f"{name} has images of {images.dtype} and shape {images.shape}, and labels of {labels.dtype} and shape "
            f"{labels.shape}; expected uint8 of shape (n, height, width), and int64 of shape (n,)"
        )
    return Split(images, labels)


def _read_array(file: Path) -> NDArray[Any]:
    import numpy as np

    try:
        if not file.is_file():
            raise FileNotFoundError("it is missing")
        array: NDArray[Any] = np.load(file, allow_pickle=False)
    except UNREADABLE as error:
        raise BenchError(f"an array of its images cannot be read ({error})") from error
    return array


def _files(folder: Path, number: int) -> tuple[Path, Path]:
    return folder / f"{number}-images.npy", folder / f"{number}-labels.npy"
