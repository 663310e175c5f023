"""Arrays of images and labels in one .npz file, without ever loading a pickle."""

from __future__ import annotations

import io
import math
import warnings
from typing import TYPE_CHECKING, Any

from benchmarks.common.errors import BenchError, short_message
from benchmarks.datasets.readers.archives.data_path import DataPath
from benchmarks.datasets.readers.array_names import find_pairs, in_lower_case, label_vector
from benchmarks.datasets.readers.array_shapes import AxisOrder
from benchmarks.datasets.readers.idx import LARGEST, read_uncompressed
from benchmarks.datasets.readers.raw_images import RawDataset, RawSplit, raw_split_from_arrays
from benchmarks.datasets.spec import ReadingOptions

if TYPE_CHECKING:
    import zipfile

    from numpy.typing import NDArray

DEFAULT = ReadingOptions()
MAX_DIMENSIONS = 4


def read_npz(path: DataPath, options: ReadingOptions = DEFAULT) -> RawDataset:
    """Read the arrays of train, validation and test from a file, by their names. Raises ``BenchError``."""
    import hashlib
    import zipfile

    if options.label_column is not None or not options.heading:
        raise BenchError(f"--label-column and --no-heading are for tables, which {path} is not")
    content = read_uncompressed(path)
    checksums = ((path.name, hashlib.sha256(content).hexdigest()),)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            held = _arrays(archive, path)
            pairs = find_pairs(list(held), str(path))
            _check_size(archive, [held[name] for names in pairs.values() for name in names], path)
            order = AxisOrder()
            parts = {
                part: _part(archive, [held[name] for name in names], path, options, order)
                for part, names in pairs.items()
            }
    except BenchError:
        raise
    except Exception as error:  # zipfile raises any exception on broken archives
        raise BenchError(f"{path} is not a readable .npz file ({short_message(error)})") from error
    unused = [name for name in held if not any(name in names for names in pairs.values())]
    notes = (f"passed over: arrays {', '.join(unused[:5])} of {path.name}",) if unused else ()
    return RawDataset(parts["train"], parts.get("test"), checksums, notes, parts.get("validation"))


def _arrays(archive: zipfile.ZipFile, path: DataPath) -> dict[str, str]:
    """Return the names of the arrays in lower case, and of the files that they are in."""
    names = [name for name in archive.namelist() if name.endswith(".npy")]
    return in_lower_case(((name.removesuffix(".npy"), name) for name in names), str(path))


def _check_size(archive: zipfile.ZipFile, names: list[str], path: DataPath) -> None:
    """Raise ``BenchError`` if the arrays that are to be read are too large together; none is decompressed."""
    n_bytes = sum(archive.getinfo(name).file_size for name in names)
    if n_bytes > LARGEST:
        raise BenchError(f"{path} has {n_bytes >> 20} MiB uncompressed, which is not supported")


def _part(
    archive: zipfile.ZipFile, names: list[str], path: DataPath, options: ReadingOptions, order: AxisOrder
) -> RawSplit:
    images, labels = (read_npy(member(archive, name, str(path)), f"{path}: {name}") for name in names)
    named = label_vector(labels, (images.shape[0], images.shape[-1]), f"{path}: {names[1]}")
    images = order.settled(images, len(named), f"{path}: {names[0]}", options.shape)
    return raw_split_from_arrays(images, named, f"{path}: {names[0]}", options.shape)


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
        raise BenchError(f"{name} contains Python objects, which need pickle; pickles are never loaded")
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
        return np.lib.format.read_array(stream, allow_pickle=False)
    except (ValueError, TypeError) as error:
        raise BenchError(f"{name} is not a readable array ({short_message(error)})") from error
