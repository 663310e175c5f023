"""Arrays of images and labels in .npz and .npy files, without ever loading a pickle."""

from __future__ import annotations

import hashlib
import io
import math
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from benchmarks.common.errors import BenchError, short_message
from benchmarks.datasets.readers.archives.data_path import DataPath
from benchmarks.datasets.readers.array_names import (
    find_pairs,
    has_no_labels,
    in_lower_case,
    label_vector,
    unlabelled_note,
)
from benchmarks.datasets.readers.array_shapes import AxisOrder
from benchmarks.datasets.readers.idx import LARGEST, read_uncompressed
from benchmarks.datasets.readers.parts import part_of_file
from benchmarks.datasets.readers.raw_images import RawDataset, RawSplit, raw_split_from_arrays
from benchmarks.datasets.spec import ReadingOptions

if TYPE_CHECKING:
    import zipfile

    from numpy.typing import NDArray

DEFAULT = ReadingOptions()
MAX_DIMENSIONS = 4
NPZ, NPY = ".npz", ".npy"


@dataclass(frozen=True)
class Stored:
    """An array that is not decompressed yet. ``place``: its file and its name in that, for messages."""

    place: str
    n_bytes: int
    content: Callable[[], bytes]

    def array(self) -> NDArray[Any]:
        """Return the array; raises ``BenchError`` if it is broken or needs pickle."""
        return read_npy(self.content(), self.place)


def read_npz(path: DataPath, options: ReadingOptions = DEFAULT) -> RawDataset:
    """Read the arrays of train, validation and test from a file, by their names. Raises ``BenchError``."""
    content, checksum = _read(path)
    return _dataset(_members(content, path), str(path), path.name, (checksum,), options)


def read_arrays(folder: DataPath, files: Sequence[DataPath], options: ReadingOptions = DEFAULT) -> RawDataset:
    """Read arrays in several .npy and .npz files: one in each, named as the file, or those of one part in each.

    Raises ``BenchError`` if their names do not say which is which.
    """
    shared = _shared_start([path.name for path in files])
    held: list[tuple[str, Stored]] = []
    checksums = []
    for path in files:
        content, checksum = _read(path)
        checksums.append(checksum)
        name = path.name.removesuffix(path.suffix).removeprefix(shared)
        if path.suffix.lower() == NPY:
            held.append((name, Stored(str(path), len(content), lambda content=content: content)))  # type: ignore[misc]
            continue
        members = _members(content, path)
        part = part_of_file(path.name)
        if len(members) > 1 and not part:
            raise BenchError(f"{folder}: which part {path.name} holds is unknown; name it with 'train' or 'test'")
        held += [(f"{part}_{inner}" if len(members) > 1 else name, stored) for inner, stored in members.items()]
    named = ", ".join(path.name for path in files[:5])
    arrays = in_lower_case(held, str(folder))
    source = _dataset(arrays, str(folder), folder.name, tuple(checksums), options)
    return RawDataset(source.train, source.test, source.checksums, (f"read: {named}", *source.notes), source.validation)


def _shared_start(names: Sequence[str]) -> str:
    """Return the words that all names begin with: ``kmnist-`` of kmnist-train-imgs and kmnist-test-imgs."""
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    shared = "".join(letters[0] for letters in alike)
    return shared[: max(shared.rfind("-"), shared.rfind("_")) + 1]


def _read(path: DataPath) -> tuple[bytes, tuple[str, str]]:
    content = read_uncompressed(path)
    return content, (path.name, hashlib.sha256(content).hexdigest())


def _members(content: bytes, path: DataPath) -> dict[str, Stored]:
    """Return the arrays of an .npz file by their names in lower case."""
    import zipfile

    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        names = [name for name in archive.namelist() if name.endswith(NPY)]
        held = [(name.removesuffix(NPY), _stored(archive, name, str(path))) for name in names]
    except Exception as error:  # zipfile raises any exception on broken archives
        raise BenchError(f"{path} is not a readable .npz file ({short_message(error)})") from error
    return in_lower_case(held, str(path))


def _stored(archive: zipfile.ZipFile, name: str, path: str) -> Stored:
    def content() -> bytes:
        try:
            return member(archive, name, path)
        except BenchError:
            raise
        except Exception as error:  # zipfile raises any exception on broken archives
            raise BenchError(f"{path} is not a readable .npz file ({short_message(error)})") from error

    return Stored(f"{path}: {name}", archive.getinfo(name).file_size, content)


def _dataset(
    held: Mapping[str, Stored],
    place: str,
    name: str,
    checksums: tuple[tuple[str, str], ...],
    options: ReadingOptions,
) -> RawDataset:
    if options.label_column is not None or not options.heading:
        raise BenchError(f"--label-column and --no-heading are for tables, which {place} is not")
    pairs, unlabelled = find_pairs(list(held), place)
    n_bytes = sum(held[array].n_bytes for pair in pairs.values() for array in pair)
    if n_bytes > LARGEST:
        raise BenchError(f"{place} has {n_bytes >> 20} MiB uncompressed, which is not supported")
    order = AxisOrder()
    parts: dict[str, RawSplit] = {}
    notes: list[str] = []
    for part, (images, labels) in pairs.items():
        values = held[labels].array()
        if has_no_labels(part, values):
            notes.append(unlabelled_note(images, values.size, name))
        else:
            parts[part] = _part(held[images], values, held[labels].place, options, order)
    notes += [unlabelled_note(images, order.n_images(held[images].array()), name) for images in unlabelled]
    unused = [array for array in held if array not in unlabelled and not any(array in pair for pair in pairs.values())]
    notes += [f"passed over: arrays {', '.join(unused[:5])} of {name}"] * bool(unused)
    return RawDataset(parts["train"], parts.get("test"), checksums, tuple(notes), parts.get("validation"))


def _part(images: Stored, labels: NDArray[Any], place: str, options: ReadingOptions, order: AxisOrder) -> RawSplit:
    array = images.array()
    named = label_vector(labels, (array.shape[0], array.shape[-1]), place)
    array = order.settled(array, len(named), images.place, options.shape)
    return raw_split_from_arrays(array, named, images.place, options)


def member(archive: zipfile.ZipFile, name: str, path: str) -> bytes:
    """Return the content of a file in an archive; raises ``BenchError`` if it is too large.

    The size is that in the archive's directory; no more than that is ever decompressed.
    """
    n_bytes = archive.getinfo(name).file_size
    if n_bytes > LARGEST:
        raise BenchError(f"{path}: {name} has {n_bytes >> 20} MiB uncompressed, which is not supported")
    return archive.read(name)


def read_npy(content: bytes, name: str) -> NDArray[Any]:
    """Return the array of a .npy file; raises ``BenchError`` if it is broken or needs pickle."""
    import numpy as np

    stream = io.BytesIO(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about headers written by Python 2
            version = np.lib.format.read_magic(stream)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(stream)
    except Exception as error:  # a header is Python source text and can fail in any way
        raise BenchError(f"{name} is not a readable array ({short_message(error)})") from error
    if dtype.hasobject:
        raise BenchError(
            f"{name} contains Python objects, which need pickle; pickles are never loaded; store numbers or text"
        )
    if dtype.kind not in "biufUS" or not 1 <= len(shape) <= MAX_DIMENSIONS:
        raise BenchError(f"{name} has dtype {dtype} and shape {shape}; expected numbers or text")
    n_bytes = len(content) - stream.tell()
    if math.prod(shape) and not dtype.itemsize:
        raise BenchError(f"{name} has dtype {dtype} and shape {shape}: values of no bytes")
    if math.prod(shape) * dtype.itemsize != n_bytes:
        raise BenchError(
            f"{name} should have {math.prod(shape) * dtype.itemsize} bytes for shape {shape} but has {n_bytes}"
        )
    stream.seek(0)
    try:
        array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    except (ValueError, TypeError) as error:
        raise BenchError(f"{name} is not a readable array ({short_message(error)})") from error
    if dtype.kind == "U" and array.size:
        codes = np.frombuffer(array.tobytes(), dtype.byteorder + "u4")
        if codes.max() > sys.maxunicode:  # NumPy makes no text of it
            raise BenchError(f"{name} has text that is not Unicode; store it again")
    return array
