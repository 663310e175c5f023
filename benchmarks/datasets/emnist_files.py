"""EMNIST's own files by path: images are stored transposed, and letters as numbers (Cohen et al. 2017)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.datasets.readers.archives.data_path import DataPath
from benchmarks.datasets.readers.raw_images import RawDataset, RawSplit, with_parts
from benchmarks.datasets.sources.checked_files import DIGITS
from benchmarks.datasets.sources.emnist import BALANCED, FIRST_LETTER, LETTERS
from benchmarks.datasets.spec import ReadingOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ARRAYS = (".npz", ".npy")  # which are not NIST's
BY_CLASS = (*DIGITS, *LETTERS, *map(str.lower, LETTERS))
# the classes of each part by the word in the names of its files, and the label of the first
PARTS = {
    "letters": (LETTERS, FIRST_LETTER),
    "balanced": (BALANCED, 0),
    "bymerge": (BALANCED, 0),
    "byclass": (BY_CLASS, 0),
}


def upright(raw: RawDataset, path: DataPath, options: ReadingOptions) -> tuple[RawDataset, tuple[str, ...]]:
    """Return the data with rows and columns exchanged if a user says so, or the files are EMNIST's, and notes."""
    files = [name.lower() for name, _ in raw.checksums if not name.lower().endswith(ARRAYS)]
    names = [path.name.lower(), *files]
    named = bool(files) and any("emnist" in name for name in names)
    is_emnist = named or raw.transposed
    notes: tuple[str, ...] = ()
    if is_emnist:
        raw, notes = _named(raw, names)
    transpose = is_emnist if options.transpose is None else options.transpose
    if not transpose:
        return raw, notes
    why = "set by --transpose" if options.transpose else "EMNIST's files hold them so; --no-transpose leaves them"
    return _changed(raw, _transposed), (f"images: rows and columns are exchanged ({why})", *notes)


def _named(raw: RawDataset, file_names: Sequence[str]) -> tuple[RawDataset, tuple[str, ...]]:
    """Return the data with EMNIST's characters for its numbers, where all labels are such numbers."""
    labels = {label for part in raw.parts.values() for label in part.labels}
    for word, (characters, first) in PARTS.items():
        known = {str(i): character for i, character in enumerate(characters, first)}
        if labels <= known.keys() and any(word in name for name in file_names):
            note = f"labels: EMNIST's numbers from {first} are named {characters[0]} to {characters[-1]}"
            return _changed(raw, partial(_renamed, names=known)), (note,)
    return raw, ()


def _renamed(part: RawSplit, names: Mapping[str, str]) -> RawSplit:
    return replace(part, labels=tuple(names[label] for label in part.labels))


def _changed(raw: RawDataset, change: Callable[[RawSplit], RawSplit]) -> RawDataset:
    """Return the data with every part changed."""
    return with_parts(raw, {name: change(part) for name, part in raw.parts.items()})


def _transposed(part: RawSplit) -> RawSplit:
    def read(i: int) -> NDArray[np.uint8]:
        return part.read(i).swapaxes(0, 1).copy()

    return replace(part, read=read)
