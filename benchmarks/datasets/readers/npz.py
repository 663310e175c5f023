"""Arrays of images and labels in one .npz file, without ever loading a pickle."""

from __future__ import annotations

import io
import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.idx import LARGEST, read_uncompressed
from benchmarks.datasets.readers.raw_images import RawDataset, RawSplit, label_names, raw_split_from_arrays

if TYPE_CHECKING:
    import zipfile

    from numpy.typing import NDArray

TRAIN, TEST, WHOLE = ("x_train", "y_train"), ("x_test", "y_test"), ("x", "y")
MAX_DIMENSIONS = 4


def read_npz(path: Path) -> RawDataset:
    """Read x_train, y_train, x_test and y_test from a file, or x and y. Raises ``BenchError``."""
    import hashlib
    import zipfile

    content = read_uncompressed(path)
    checksums = ((path.name, hashlib.sha256(content).hexdigest()),)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            held = {name.removesuffix(".npy").lower(): name for name in archive.namelist() if name.endswith(".npy")}
            names = TRAIN if TRAIN[0] in held else WHOLE
            missing = [name for name in (*names, *(TEST if TEST[0] in held else ())) if name not in held]
            if missing:
                raise BenchError(
                    f"{path} has no {' and no '.join(missing)}; it contains: {', '.join(held) or 'no arrays'} "
                    "(x_train, y_train, x_test and y_test are expected)"
                )
            train = _part(archive, [held[name] for name in names], path)
            test = _part(archive, [held[name] for name in TEST], path) if TEST[0] in held else None
    except BenchError:
        raise
    except Exception as error:  # zipfile raises any exception on broken archives
        raise BenchError(f"{path} is not a readable .npz file ({error})") from error
    return RawDataset(train, test, checksums)


def _part(archive: zipfile.ZipFile, names: list[str], path: Path) -> RawSplit:
    images, labels = (read_npy(member(archive, name, str(path)), f"{path}: {name}") for name in names)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise BenchError(f"{path}: {names[1]} has shape {labels.shape}; expected (n,), one label per image")
    return raw_split_from_arrays(images, label_names(labels.tolist(), f"{path}: {names[1]}"), f"{path}: {names[0]}")


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
        raise BenchError(f"{name} is not a readable array ({str(error)[:100]})") from error
    if dtype.hasobject:
        raise BenchError(f"{name} contains Python objects, which need pickle; pickles are never loaded")
    if dtype.kind not in "biufUS" or not 1 <= len(shape) <= MAX_DIMENSIONS:
        raise BenchError(f"{name} has dtype {dtype} and shape {shape}; expected numbers or text")
    n_bytes = len(content) - stream.tell()
    if math.prod(shape) * dtype.itemsize != n_bytes:
        raise BenchError(
            f"{name} should have {math.prod(shape) * dtype.itemsize} bytes for shape {shape} but has {n_bytes}"
        )
    stream.seek(0)
    try:
        return np.lib.format.read_array(stream, allow_pickle=False)
    except (ValueError, TypeError) as error:
        raise BenchError(f"{name} is not a readable array ({str(error)[:100]})") from error
