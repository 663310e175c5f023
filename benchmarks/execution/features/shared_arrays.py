"""The arrays of a run that all its workers read: written by the bench, and again if anything changes them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.execution.features.checked_arrays import Signature, has_checksum, signature, write_array

if TYPE_CHECKING:
    from numpy.typing import NDArray


class SharedArrays:
    """Files of arrays in a folder, which nobody else should write to. ``checksums``: of each."""

    def __init__(self, folder: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.folder = folder
        self._arrays = arrays
        self._lock = threading.Lock()
        self._signatures: dict[str, Signature | None] = {}
        self.checksums = {name: self._write(name) for name in arrays}

    def mend(self) -> list[str]:
        """Write what is not as it was written again; return the names of the files whose content was changed."""
        with self._lock:
            suspects = [name for name, known in self._signatures.items() if signature(self.folder / name) != known]
            changed = [name for name in suspects if not has_checksum(self.folder / name, self.checksums[name])]
            for name in suspects:
                self._write(name)
        return changed

    def _write(self, name: str) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        written = write_array(path, self._arrays[name])
        self._signatures[name] = signature(path)
        return written
