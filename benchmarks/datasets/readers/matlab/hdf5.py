"""The variables in a .mat file of MATLAB 7.3, which is an HDF5 file."""

from __future__ import annotations

import io
from typing import Any

from benchmarks.common.dependencies import how_to_install
from benchmarks.datasets.readers.idx import LARGEST
from benchmarks.datasets.readers.matlab.variables import MatError, Variables

MAX_DIMENSIONS, MAX_DEPTH = 4, 6


def read_hdf5(content: bytes) -> Variables:
    """Return the numeric variables of a file. Raises ``MatError``, also where h5py is not installed."""
    try:
        import h5py
    except ModuleNotFoundError as error:
        raise MatError(f"it is of MATLAB 7.3: save it with -v7, or {how_to_install(['h5py'])}") from error
    with h5py.File(io.BytesIO(content), "r") as file:
        return _variables(file, 0)


def _variables(group: Any, depth: int) -> Variables:
    import h5py

    found: Variables = {}
    for name in group:
        # not what is in other files
        if not isinstance(group.get(name, getlink=True), h5py.HardLink) or name.startswith("#") or depth > MAX_DEPTH:
            continue
        value = group[name]
        if isinstance(value, h5py.Group):
            found[name] = _variables(value, depth + 1)
        elif isinstance(value, h5py.Dataset) and value.dtype.kind in "iuf" and not (value.is_virtual or value.external):
            if value.size * value.dtype.itemsize > LARGEST:
                raise MatError(f"{name[:20]} has more than {LARGEST >> 20} MiB")
            if 1 <= value.ndim <= MAX_DIMENSIONS:
                found[name] = value[()].T
    return found
