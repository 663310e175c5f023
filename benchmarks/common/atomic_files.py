"""Atomic file writes."""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.common.errors import BenchError

PART_PREFIX = ".part-"


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file atomically; NaN and infinity become null."""
    write_whole(path, (json.dumps(finite(value), indent=1, allow_nan=False) + "\n").encode())


def write_whole(path: Path, content: bytes) -> None:
    """Write a file atomically: to a temporary name, then renamed.

    Raises ``BenchError`` if it cannot be written.
    """
    with writing(path):
        _write_and_rename(path, content)


def copy_whole(source: Path, folder: Path) -> None:
    """Copy a folder atomically."""
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=PART_PREFIX, dir=folder.parent))
        try:
            shutil.copytree(source, part, dirs_exist_ok=True)
            part.chmod(0o755)
            os.rename(part, folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise


def finite(value: Any) -> Any:
    """Return ``value`` with every NaN and infinity replaced by None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return value


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` while writing into a ``BenchError`` that says what to do."""
    try:
        yield
    except OSError as error:
        why = error.strerror or error
        raise BenchError(f"cannot write {path} ({why}); free disk space, or choose another --results-dir") from error


def _write_and_rename(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(prefix=PART_PREFIX, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(part).chmod(0o644)
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
