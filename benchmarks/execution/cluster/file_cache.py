"""The files that a machine of the cluster has received, in its cache folder; the bench has these functions called."""

from __future__ import annotations

import contextlib
import os
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from benchmarks.common.atomic_files import PART_PREFIX, write_whole
from benchmarks.common.errors import in_one_line
from benchmarks.common.paths import cache_folder
from benchmarks.execution.cluster.order import digest_of

ABANDONED_S = 24 * 3600.0  # the part of a file that no bench writes to for so long is deleted


def folder() -> Path:
    """Return where received files are."""
    return cache_folder() / "cluster"


def missing_files(files: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of those files that are not here, or not with this SHA-256."""
    return tuple(name for name, digest in files.items() if not _is_here(folder() / name, digest))


def receive(name: str, digest: str, token: str, chunk: bytes, last: bool) -> str:
    """Append a chunk to a file, which takes its name after the ``last`` one; return why that failed, if it did.

    ``token`` tells the transfers of several benches apart.
    """
    part = folder() / f"{PART_PREFIX}{token}"
    try:
        folder().mkdir(parents=True, exist_ok=True)
        with part.open("ab") as file:
            file.write(chunk)
        if last:
            if digest_of(part) != digest:
                part.unlink()
                return f"{name} arrived damaged"
            part.chmod(0o444)
            os.replace(part, folder() / name)
            _delete_abandoned(folder() / name)
    except OSError as error:  # as on a full disk
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        return in_one_line(error)
    return ""


def unpack(bundle: Path) -> Path:
    """Return a folder with the files of a bundle as they are in it; it is the same for the same bundle."""
    target = bundle.with_suffix("")
    with zipfile.ZipFile(bundle) as archive:
        for name in archive.namelist():
            path, content = target / name, archive.read(name)
            if not (path.is_file() and path.read_bytes() == content):
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, content)
    return target


def read_chunk(path: str, offset: int, size: int) -> bytes:
    """Return a part of a file that the bench fetches."""
    with Path(path).open("rb") as file:
        file.seek(offset)
        return file.read(size)


def delete_file(path: str) -> None:
    """Delete a file that the bench has fetched."""
    Path(path).unlink(missing_ok=True)


def _is_here(path: Path, digest: str) -> bool:
    try:
        state = path.stat()
        return _digest(path, state.st_mtime_ns, state.st_size) == digest
    except OSError:
        return False


@cache
def _digest(path: Path, mtime_ns: int, size: int) -> str:
    """Return the SHA-256 of a file; the other arguments have one that has changed read again."""
    return digest_of(path)


def _delete_abandoned(newest: Path) -> None:
    with contextlib.suppress(OSError):
        now = newest.stat().st_mtime
        for part in folder().glob(f"{PART_PREFIX}*"):
            if now - part.stat().st_mtime > ABANDONED_S:
                part.unlink()
