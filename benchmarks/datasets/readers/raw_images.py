"""Raw images, as a reader returns them: any size, grey or colour, each with a label."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.archives.data_path import DataPath
from benchmarks.datasets.readers.array_shapes import as_image_array, images_first
from benchmarks.datasets.readers.pixel_values import SMALL_RANGES, are_fractions, as_uint8_pixels
from benchmarks.datasets.spec import ReadingOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT = ReadingOptions()
MOST_IMAGES = 5_000_000
JOINERS = "\u200c\u200d"  # parts of words and of emoji, though not printable


@dataclass(frozen=True)
class RawSplit:
    """Images and their labels.

    ``read(i)`` returns image i unchanged, of shape (height, width) or (height, width, channels), where a fourth channel
    is opacity; ``name(i)`` is its name in messages. ``largest``: the largest pixel of an array of numbers up to 255;
    None where the range is known, as of image files and fractions.
    """

    labels: tuple[str, ...]
    read: Callable[[int], NDArray[np.uint8]]
    name: Callable[[int], str]
    largest: int | None = None

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class RawDataset:
    """The data at a path. ``notes``: remarks for the user, a line each.

    ``transposed``: the format has rows and columns exchanged.
    """

    train: RawSplit
    test: RawSplit | None = None
    checksums: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    validation: RawSplit | None = None
    transposed: bool = False

    @property
    def parts(self) -> dict[str, RawSplit]:
        """The parts that there are, by name, ``train`` first."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: part for name, part in named.items() if part}


def with_parts(raw: RawDataset, parts: Mapping[str, RawSplit], notes: Sequence[str] = ()) -> RawDataset:
    """Return the data with these in place of its parts, and with further notes."""
    return replace(
        raw,
        train=parts["train"],
        validation=parts.get("validation"),
        test=parts.get("test"),
        notes=(*raw.notes, *notes),
    )


def raw_split_from_arrays(
    images: NDArray[Any], labels: tuple[str, ...], name: str, options: ReadingOptions = DEFAULT
) -> RawSplit:
    """Return the split of an array of images of any shape, with pixels of any range that is given.

    Raises ``BenchError`` if the values are not pixels, or the numbers of images and labels differ.
    """
    images = images_first(images, len(labels))
    if len(images) != len(labels):
        raise BenchError(f"{name}: {len(images)} images but {len(labels)} labels; they do not match")
    values = as_image_array(images, name, options.shape)
    pixels = as_uint8_pixels(values, name, options.pixel_range)
    largest = None if options.pixel_range or are_fractions(values) else int(pixels.max())
    return RawSplit(labels, lambda i: pixels[i], lambda i: f"{name}[{i}]", largest)


def joined(splits: Sequence[RawSplit]) -> RawSplit:
    """Return the images of several splits, one after the other."""
    known = [split.largest for split in splits if split.largest is not None]
    if len(known) < len(splits):  # a table of fractions may have a piece that only holds 0 and 1
        splits, known = in_full_range(splits)[0], []
    places = [(split, i) for split in splits for i in range(len(split))]
    return RawSplit(
        tuple(label for split in splits for label in split.labels),
        lambda i: places[i][0].read(places[i][1]),
        lambda i: places[i][0].name(places[i][1]),
        max(known, default=None),
    )


def selected(split: RawSplit, places: Sequence[int]) -> RawSplit:
    """Return the images at some places of a split."""
    labels = tuple(split.labels[i] for i in places)
    return replace(split, labels=labels, read=lambda i: split.read(places[i]), name=lambda i: split.name(places[i]))


def in_full_range(splits: Sequence[RawSplit]) -> tuple[list[RawSplit], int]:
    """Return the splits of one dataset scaled to 0..255 if all have a small range, and its largest value; else 0.

    0 and 1 are fractions too, and beside other fractions. One image with a larger pixel is enough not to scale.
    """
    known = [split.largest for split in splits if split.largest is not None]
    largest = max(known, default=0)
    if largest not in SMALL_RANGES or (largest > 1 and len(known) < len(splits)):
        return list(splits), 0
    return [split if split.largest is None else _scaled(split, largest) for split in splits], largest


def _scaled(split: RawSplit, largest: int) -> RawSplit:
    import numpy as np

    def read(i: int) -> NDArray[np.uint8]:
        return np.asarray(np.rint(split.read(i) * (255 / largest)), np.uint8)

    return replace(split, read=read, largest=None)


def check_number(n_images: int, name: str) -> None:
    """Raise ``BenchError`` for more images than are read: each takes some hundred bytes before it is opened."""
    if n_images > MOST_IMAGES:
        raise BenchError(f"{name} has {n_images:,} images or labels; more than {MOST_IMAGES:,} are not supported")


def shown_path(path: DataPath) -> str:
    """Return a path as text that can be printed and stored, also if it is not UTF-8."""
    return shown(str(path))


def shown(name: str) -> str:
    """Return a name as text that can be printed and stored, also if it is not UTF-8 or has control characters."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(one if one.isprintable() or one in JOINERS else _escaped(one) for one in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
