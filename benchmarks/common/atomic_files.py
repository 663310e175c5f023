"""Atomic file writes."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
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
    """Write a file atomically; raises ``BenchError`` if it cannot be written."""
    write_all({path: content})


def write_all(files: Mapping[Path, bytes]) -> None:
    """Write files under temporary names, synced, and rename them, in their order, once all are written.

    Whoever reads a file, at any moment and after a loss of power, finds the old or the new one, whole. If one cannot be
    written, none is replaced. Raises ``BenchError``.
    """
    parts: dict[Path, Path] = {}
    try:
        for path, content in files.items():
            with writing(path):
                parts[path] = _new_part(path)
                _write_synced(parts[path], content)
        for path, part in parts.items():
            with writing(path):
                os.replace(part, path)
        for folder in dict.fromkeys(path.parent for path in files):
            with writing(folder):
                sync(folder)
    except BaseException:
        for part in parts.values():
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
        raise


def copy_whole(source: Path, folder: Path) -> None:
    """Copy a folder to where nothing is, atomically and synced: what is no file or folder, as a FIFO, is left out.

    Raises ``BenchError`` if it cannot be written.
    """
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=PART_PREFIX, dir=folder.parent))
        try:
            shutil.copytree(source, part, ignore=_special_files, dirs_exist_ok=True)
            part.chmod(0o755)
            for copied in part.rglob("*"):
                sync(copied)
            sync(part)
            os.rename(part, folder)
            sync(folder.parent)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise


def remove(path: Path) -> None:
    """Delete a file, or a folder with all in it, where there is one; raises OSError."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file, or which names a folder holds, is on the disk; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some file systems sync no folders
            raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` while writing into a ``BenchError`` that says what to do."""
    try:
        yield
    except OSError as error:
        why = error.strerror or error
        raise BenchError(f"cannot write {path} ({why}); free disk space, or choose another --results-dir") from error


def _new_part(path: Path) -> Path:
    """Return a new, empty file beside ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(prefix=PART_PREFIX, dir=path.parent)
    os.close(descriptor)
    return Path(part)


def _write_synced(part: Path, content: bytes) -> None:
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.chmod(0o644)


def _special_files(folder: str, names: list[str]) -> list[str]:
    """Return which names in a folder are neither files nor folders: links, FIFOs, sockets, devices."""
    modes = {name: (Path(folder) / name).lstat().st_mode for name in names}
    return [name for name, mode in modes.items() if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))]
