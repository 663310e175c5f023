"""A person's own data as it was found: images of any size and kind, and the class of each in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.common.errors import BenchError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_NAME = 100  # characters; a longer one is no label


@dataclass(frozen=True)
class Part:
    """Images and the class of each. ``read(i)`` gives image i as it is: (height, width) or (height, width, 3).

    ``name(i)`` is what image i is called in messages.
    """

    labels: tuple[str, ...]
    read: Callable[[int], NDArray[np.uint8]]
    name: Callable[[int], str]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Source:
    """What was found at a path. ``notes``: what a person should know of it, a line each."""

    train: Part
    test: Part | None = None
    checksums: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def part_of_arrays(images: NDArray[Any], labels: tuple[str, ...], name: str) -> Part:
    """Return the part that an array of images of shape (n, height, width), (n, height, width, 3) or (n, pixels) is.

    Raises ``BenchError`` if the values are no pixels, or the numbers of images and labels differ.
    """
    if len(images) != len(labels):
        raise BenchError(f"{name}: {len(images)} images but {len(labels)} labels; they do not belong together")
    pixels = as_pixels(as_pictures(images, name), name)
    return Part(labels, lambda i: pixels[i], lambda i: f"{name}[{i}]")


def as_pictures(images: NDArray[Any], name: str) -> NDArray[Any]:
    """Return the array with rows of pixels put into squares; raises ``BenchError`` if it holds no images."""
    if images.ndim == 2:
        side = math.isqrt(images.shape[1])
        if not side or side * side != images.shape[1]:
            raise BenchError(f"{name}: {images.shape[1]} pixels to an image, which make no square")
        images = images.reshape(len(images), side, side)
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] not in (1, 3, 4)):
        raise BenchError(f"{name}: images of shape {images.shape}; it should be (n, height, width) or (n, pixels)")
    if not images.size:
        raise BenchError(f"{name}: there are no images in it")
    return images


def as_pixels(values: NDArray[Any], name: str) -> NDArray[np.uint8]:
    """Return values of 0..255, or fractions of 0..1, as bytes; raises ``BenchError`` for any other."""
    import numpy as np

    if values.dtype == np.uint8:
        return values
    if values.dtype.kind not in "biuf":
        raise BenchError(f"{name}: pixels are {values.dtype} values; they should be numbers of 0 to 255")
    lowest, highest = float(values.min()), float(values.max())
    if not (lowest >= 0 and highest <= 255):  # NaN is neither
        raise BenchError(f"{name}: pixels go from {lowest:g} to {highest:g}; they should be of 0 to 255, or of 0 to 1")
    fractions = values.dtype.kind == "b" or (values.dtype.kind == "f" and highest <= 1)
    return np.asarray(np.rint(values * (255.0 if fractions else 1.0)), np.uint8)


def words(labels: Iterable[object], name: str) -> tuple[str, ...]:
    """Return labels as names: whole numbers from 0, or words; raises ``BenchError`` for anything else."""
    known: dict[object, str] = {}
    found = []
    for i, label in enumerate(labels):
        if not isinstance(label, Hashable):
            raise BenchError(f"{name}: label {i} is {str(label)[:20]}; labels are words, or whole numbers from 0")
        if label not in known:
            known[label] = _word(label, f"{name}: label {i}")
        found.append(known[label])
    return tuple(found)


def _word(label: object, name: str) -> str:
    if isinstance(label, bytes):
        label = label.decode("utf-8", "replace")
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    if isinstance(label, int):
        if label < 0:
            raise BenchError(f"{name} is {label}; labels are words, or whole numbers from 0")
        return str(int(label))
    if not isinstance(label, str):
        raise BenchError(f"{name} is {label}; labels are words, or whole numbers from 0")
    text = " ".join(label.split())
    if not text or len(text) > LONGEST_NAME or not text.isprintable():
        raise BenchError(f"{name} is {text[:20]!r}{'…' if len(text) > 20 else ''}, which is no name of a class")
    return text
