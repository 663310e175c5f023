"""Images and labels in .mat files, as EMNIST, SVHN and USPS are distributed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from benchmarks.common.errors import BenchError, short_message
from benchmarks.datasets.readers.archives.data_path import DataPath
from benchmarks.datasets.readers.array_names import (
    by_class,
    find_pairs,
    has_no_labels,
    in_lower_case,
    label_vector,
    unlabelled_note,
)
from benchmarks.datasets.readers.array_shapes import AxisOrder
from benchmarks.datasets.readers.idx import read_uncompressed
from benchmarks.datasets.readers.matlab.hdf5 import read_hdf5
from benchmarks.datasets.readers.matlab.variables import MatError, Variables, read_variables
from benchmarks.datasets.readers.parts import Parts, read_note
from benchmarks.datasets.readers.raw_images import RawDataset, RawSplit, joined, raw_split_from_arrays
from benchmarks.datasets.spec import ReadingOptions

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEFAULT = ReadingOptions()
HDF5 = (b"MATLAB 7.3", b"\x89HDF\r\n")
EMNIST = {"train_images", "train_labels", "test_images", "test_labels", "mapping"}
STREET_VIEW = (32, 32, 3)  # height, width, channels of SVHN's images, before their number
OF_ALL = (256, 10)  # pixels and digits of usps_all.mat: 1 to 9, then 0


def read_mat(parts: Parts, options: ReadingOptions = DEFAULT) -> RawDataset:
    """Read the arrays of each part, from a file for each or all from one, by their names. Raises ``BenchError``."""
    if options.label_column is not None or not options.heading:
        raise BenchError(f"--label-column and --no-heading are for tables, which {parts.train[0]} is not")
    checksums: list[tuple[str, str]] = []
    notes = list(parts.notes)
    splits: dict[str, RawSplit] = {}
    transposed = False
    order = AxisOrder()
    for part, paths in (("train", parts.train), ("validation", parts.validation), ("test", parts.test)):
        for path in paths:
            file = _File(path, checksums, order)
            found = file.splits(options)
            notes += file.notes
            transposed = transposed or file.is_emnist
            if len(parts.files) > 1:
                found = {part: joined([*([splits[part]] if part in splits else []), *found.values()])}
            splits |= found
    read = read_note(list(parts.files))
    return RawDataset(
        splits["train"], splits.get("test"), tuple(checksums), (*read, *notes), splits.get("validation"), transposed
    )


class _File:
    """The arrays of one file by their names in lower case, and what is to be said of it."""

    def __init__(self, path: DataPath, checksums: list[tuple[str, str]], order: AxisOrder) -> None:
        content = read_uncompressed(path)
        checksums.append((path.name, hashlib.sha256(content).hexdigest()))
        self.path = path
        self.order = order
        self.notes: list[str] = []
        try:
            variables = read_hdf5(content) if content.startswith(HDF5) else read_variables(content)
        except MatError as error:
            raise BenchError(f"{path} is not a readable .mat file: {error}") from error
        except Exception as error:  # h5py raises any exception on broken files
            raise BenchError(f"{path} is not a readable .mat file ({short_message(error)})") from error
        self.arrays = in_lower_case(_flat(variables), str(path))

    @property
    def is_emnist(self) -> bool:
        return set(self.arrays) >= EMNIST

    def splits(self, options: ReadingOptions) -> dict[str, RawSplit]:
        """Return the images of each part."""
        classes = by_class(self.arrays) or _of_usps_all(self.arrays)
        if classes:
            return {part: self._joined(part, arrays, options) for part, arrays in classes.items()}
        pairs, unlabelled = find_pairs(list(self.arrays), str(self.path))
        used = {*unlabelled, *(name for names in pairs.values() for name in names)}
        unused = [name for name in self.arrays if name not in used]
        if unused:
            self.notes.append(f"passed over: arrays {', '.join(unused[:5])[:80]} of {self.path.name}")
        told = {part: names for part, names in pairs.items() if not has_no_labels(part, self.arrays[names[1]])}
        splits = {part: self._split(*names, options) for part, names in told.items()}
        for name in (*unlabelled, *(names[0] for part, names in pairs.items() if part not in told)):
            self.notes.append(unlabelled_note(name, self.order.n_images(self.arrays[name]), self.path.name))
        return splits

    def _joined(self, part: str, arrays: list[tuple[str, NDArray[Any]]], options: ReadingOptions) -> RawSplit:
        name = f"{self.path}: {part}"
        return joined(
            [
                raw_split_from_arrays(array, (str(int(label)),) * len(array), f"{name}{label}", options)
                for label, array in arrays
            ]
        )

    def _split(self, images_name: str, labels_name: str, options: ReadingOptions) -> RawSplit:
        images, labels = self.arrays[images_name], self.arrays[labels_name]
        named = label_vector(labels, (images.shape[0], images.shape[-1]), f"{self.path}: {labels_name}")
        images = self.order.settled(images, len(named), f"{self.path}: {images_name}", options.shape)
        of_street_view = images.shape[:-1] == STREET_VIEW and (images_name, labels_name) == ("x", "y")
        if of_street_view and "10" in named and "0" not in named:
            named = tuple("0" if label == "10" else label for label in named)
            self._note("labels: 10 is named 0, as the digit is in SVHN")
        return raw_split_from_arrays(self._from_zero(images), named, f"{self.path}: {images_name}", options)

    def _from_zero(self, images: NDArray[Any]) -> NDArray[Any]:
        """Return pixels of exactly -1 to 1, as USPS has them, as fractions of 0 to 1."""
        if images.dtype.kind != "f" or not images.size or (float(images.min()), float(images.max())) != (-1, 1):
            return images
        self._note("pixels: -1 to 1 are scaled to 0 to 1")
        return (images + 1) / 2

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)


def _flat(variables: Variables, prefix: str = "") -> list[tuple[str, NDArray[Any]]]:
    """Return the arrays, with the names of the structures that they are in, but for one around everything."""
    if len(variables) == 1 and isinstance(inner := next(iter(variables.values())), dict):
        return _flat(inner, prefix)
    found: list[tuple[str, NDArray[Any]]] = []
    for name, value in variables.items():
        found += _flat(value, f"{prefix}{name}_") if isinstance(value, dict) else [(f"{prefix}{name}", value)]
    return found


def _of_usps_all(arrays: Mapping[str, NDArray[Any]]) -> dict[str, list[tuple[str, NDArray[Any]]]]:
    """Return the images of each digit, if this is usps_all.mat: ``data`` of (pixels, images, digits)."""
    data = arrays.get("data")
    if len(arrays) > 1 or data is None or data.ndim != 3 or (data.shape[0], data.shape[2]) != OF_ALL:
        return {}
    return {"train": [(str((i + 1) % 10), data[:, :, i].T) for i in range(data.shape[2])]}
