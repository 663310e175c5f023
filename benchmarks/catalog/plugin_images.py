"""The images of a plug-in's dataset, handed from the process that loads them to the bench as files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.common.bounded_reading import read_file
from benchmarks.common.errors import BenchError
from benchmarks.datasets.spec import Images, Polarity, Preparation, Split

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAMED = ("train", "validation", "test")
PICTURE = "picture.png"
LARGEST, LARGEST_PICTURE = 1 << 31, 1 << 26  # bytes: of all arrays together, and of the picture


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
        for name, array in zip(_names(number), (split.images, split.labels), strict=True):
            np.save(folder / name, array, allow_pickle=False)
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
    files = _Files(folder)
    splits = {name: _read_split(name, number, files) for number, name in enumerate(answer.splits)}
    train, validation, test = (splits.pop(name) for name in NAMED)
    return Images(
        train,
        validation,
        test,
        class_names=answer.class_names,
        dropped=answer.dropped,
        checksums=answer.checksums,
        notes=answer.notes,
        picture=files.content(PICTURE, LARGEST_PICTURE) if (folder / PICTURE).exists() else None,
        source=answer.source,
        preparation=answer.preparation,
        polarity=answer.polarity,
        reading=answer.reading,
        further=splits,
    )


@dataclass
class _Files:
    """What a plug-in's process left in ``folder``, which may be anything. ``n_bytes``: how much more is read of it."""

    folder: Path
    n_bytes: int = LARGEST

    def array(self, name: str) -> NDArray[Any]:
        """Return an array; raises ``BenchError``."""
        from benchmarks.datasets.readers.npz import read_npy

        return read_npy(self.content(name, self.n_bytes), name)

    def content(self, name: str, largest: int) -> bytes:
        """Return the content of a file; raises ``BenchError`` for a link, a FIFO and one that is too large."""
        try:
            content = read_file(self.folder / name, min(largest, self.n_bytes), follow=False)
        except OSError as error:
            raise BenchError(f"{name} of its images cannot be read ({error.strerror or error})") from error
        self.n_bytes -= len(content)
        return content


def _read_split(name: str, number: int, files: _Files) -> Split:
    images, labels = (files.array(file) for file in _names(number))
    if images.dtype != "uint8" or images.ndim != 3 or labels.dtype != "int64" or labels.shape != images.shape[:1]:
        raise BenchError(
            f"{name} has images of {images.dtype} and shape {images.shape}, and labels of {labels.dtype} and shape "
            f"{labels.shape}; expected uint8 of shape (n, height, width), and int64 of shape (n,)"
        )
    return Split(images, labels)


def _names(number: int) -> tuple[str, str]:
    return f"{number}-images.npy", f"{number}-labels.npy"
