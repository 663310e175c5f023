"""Reading of stored npz files."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.common.bounded_reading import LARGEST, read_file
from benchmarks.common.errors import in_one_line
from benchmarks.datasets.readers.npz import read_npy
from benchmarks.records.trial_file import DamagedFileError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def read_arrays(path: Path, follow: bool = True) -> dict[str, NDArray[Any]]:
    """Return the arrays of an npz file by their names; ``follow``: a link to one is one too.

    Raises FileNotFoundError without one, and ``DamagedFileError`` if it cannot be read or holds more than 256 MiB.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(read_file(path, follow=follow))) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST:
                raise DamagedFileError(f"it holds more than {LARGEST >> 20} MiB")
            return {name.removesuffix(".npy"): read_npy(archive.read(name), name) for name in archive.namelist()}
    except (FileNotFoundError, DamagedFileError):
        raise
    except Exception as error:  # a damaged archive can raise anything
        raise DamagedFileError(in_one_line(error)) from error


def array(arrays: dict[str, NDArray[Any]], name: str, kinds: str, shape: tuple[int | None, ...]) -> NDArray[Any]:
    """Return an array that must be there, of one of the NumPy ``kinds``; None in ``shape`` is any length from 1.

    Raises ``DamagedFileError``.
    """
    found = arrays.get(name)
    if found is None:
        raise DamagedFileError(f"it has no array {name}")
    fits = len(found.shape) == len(shape) and all(
        length == expected if expected is not None else length > 0
        for length, expected in zip(found.shape, shape, strict=True)
    )
    if not fits or found.dtype.kind not in kinds:
        raise DamagedFileError(f"its array {name} has type {found.dtype} and shape {found.shape}")
    return found
