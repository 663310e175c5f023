"""The folders of digitbench, in the checkout and outside it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "results"


def size_of(folder: Path) -> int:
    """Return how many bytes the files below a folder hold; 0 if it does not exist."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def cache_folder() -> Path:
    """Return the folder for downloads and feature matrices: DIGITBENCH_CACHE, or the system's cache folder.

    Not left to a library, because ``list`` needs only the standard library.
    """
    chosen = os.environ.get("DIGITBENCH_CACHE")
    if chosen:
        return Path(chosen).absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "digitbench"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "digitbench"
