"""Raw images, as a reader returns them: any size, grey or colour, each with a label."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.common.errors import BenchError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_LABEL_LENGTH = 100  # characters


@dataclass(frozen=True)
class RawSplit:
    """Images and their labels.

    ``read(i)`` returns image i unchanged, of shape (height, width) or (height, width, 3); ``name(i)`` is its name in
    messages.
    """

    labels: tuple[str, ...]
    read: Callable[[int], NDArray[np.uint8]]
    name: Callable[[int], str]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class RawDataset:
    """The data at a path. ``notes``: remarks for the user, a line each."""

    train: RawSplit
    test: RawSplit | None = None
    checksums: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def raw_split_from_arrays(images: NDArray[Any], labels: tuple[str, ...], name: str) -> RawSplit:
    """Return the split of an array of shape (n, height, width), (n, height, width, 3) or (n, pixels).

    Raises ``BenchError`` if the values are not pixels, or the numbers of images and labels differ.
    """
    if len(images) != len(labels):
        raise BenchError(f"{name}: {len(images)} images but {len(labels)} labels; they do not match")
    pixels = as_uint8_pixels(as_image_array(images, name), name)
    return RawSplit(labels, lambda i: pixels[i], lambda i: f"{name}[{i}]")


def as_image_array(images: NDArray[Any], name: str) -> NDArray[Any]:
    """Return the array with rows of pixels reshaped to squares; raises ``BenchError`` if it contains no images."""
    if images.ndim == 2:
        side = math.isqrt(images.shape[1])
        if not side or side * side != images.shape[1]:
            raise BenchError(f"{name}: {images.shape[1]} pixels per image, which is not a square")
        images = images.reshape(len(images), side, side)
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] not in (1, 3, 4)):
        raise BenchError(f"{name}: images have shape {images.shape}; expected (n, height, width) or (n, pixels)")
    if not images.size:
        raise BenchError(f"{name}: contains no images")
    return images


def as_uint8_pixels(values: NDArray[Any], name: str) -> NDArray[np.uint8]:
    """Return values in 0..255, or fractions in 0..1, as bytes; raises ``BenchError`` for others."""
    import numpy as np

    if values.dtype == np.uint8:
        return values
    if values.dtype.kind not in "biuf":
        raise BenchError(f"{name}: pixels have dtype {values.dtype}; expected numbers from 0 to 255")
    lowest, highest = float(values.min()), float(values.max())
    if not (lowest >= 0 and highest <= 255):  # also false for NaN
        raise BenchError(f"{name}: pixels range from {lowest:g} to {highest:g}; expected 0 to 255, or 0 to 1")
    fractions = values.dtype.kind == "b" or (values.dtype.kind == "f" and highest <= 1)
    return np.asarray(np.rint(values * (255.0 if fractions else 1.0)), np.uint8)


def label_names(labels: Iterable[object], name: str) -> tuple[str, ...]:
    """Return labels as strings; raises ``BenchError`` unless they are text or integers from 0."""
    known: dict[object, str] = {}
    found = []
    for i, label in enumerate(labels):
        if not isinstance(label, Hashable):
            raise BenchError(f"{name}: label {i} is {str(label)[:20]}; labels must be text or integers from 0")
        if label not in known:
            known[label] = _label_name(label, f"{name}: label {i}")
        found.append(known[label])
    return tuple(found)


def _label_name(label: object, name: str) -> str:
    if isinstance(label, bytes):
        label = label.decode("utf-8", "replace")
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    if isinstance(label, int):
        if label < 0:
            raise BenchError(f"{name} is {label}; labels must be text or integers from 0")
        return str(int(label))
    if not isinstance(label, str):
        raise BenchError(f"{name} is {label}; labels must be text or integers from 0")
    text = " ".join(label.split())
    if not text or len(text) > MAX_LABEL_LENGTH or not text.isprintable():
        raise BenchError(f"{name} is {text[:20]!r}{'…' if len(text) > 20 else ''}, which is not a valid class name")
    return text
