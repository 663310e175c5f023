"""Atomic file writes."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.common.errors import BenchError

PART_PREFIX = ".part-"


def as_json(value: Mapping[str, Any]) -> bytes:
    """Return a value as an indented JSON file; NaN and infinity, which JSON lacks, become null."""
    import msgspec

    try:
        body = msgspec.json.encode(value)
    except UnicodeEncodeError:  # the name of a file that is not UTF-8
        body = msgspec.json.encode(_in_utf8(value))
    return msgspec.json.format(body, indent=1) + b"\n"


def _in_utf8(value: Any) -> Any:
    """Return a JSON value with what cannot be encoded in its texts replaced."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Mapping):
        return {name: _in_utf8(inner) for name, inner in value.items()}
    return [_in_utf8(inner) for inner in value] if isinstance(value, list | tuple) else value


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file atomically; NaN and infinity become null."""
    write_whole(path, as_json(value))


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
