"""Zip archives: each file is decompressed when it is read."""

from __future__ import annotations

import contextlib
import stat
import zipfile
import zlib
from functools import partial
from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.archives.archive import Archive
from benchmarks.datasets.readers.idx import LARGEST

ENCRYPTED, UTF_8 = 0x1, 0x800  # flags of a file


def open_zip(path: Path) -> Archive:
    """Return what a zip archive holds, from its directory; raises ``BenchError``.

    What its files have uncompressed is summed up before any is read, and no more than that is ever decompressed.
    """
    try:
        opened = zipfile.ZipFile(path)
    except OSError:
        raise
    except Exception as error:  # zipfile raises any exception on broken archives
        raise BenchError(f"{path} is not a readable zip archive ({str(error)[:100]})") from error
    members = opened.infolist()
    n_bytes = sum(member.file_size for member in members)
    if n_bytes > LARGEST:
        raise BenchError(f"{path} has {n_bytes >> 20:,} MiB uncompressed; unpack it and pass the folder")
    archive = Archive(path)
    for member in members:
        name = _name(member)
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise archive.refuse(name, "a link or a device")
        if member.flag_bits & ENCRYPTED:
            raise archive.refuse(name, "an encrypted file")
        archive.add(name, None if name.endswith("/") else partial(_content, opened, member, f"{path}/{name}"))
    return archive


def _name(member: zipfile.ZipInfo) -> str:
    """Return the name of a file: macOS writes UTF-8 and does not say so, some tools write backslashes."""
    name = member.filename
    if not member.flag_bits & UTF_8:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    try:
        return archive.read(member)
    except (OSError, EOFError, ValueError, NotImplementedError, RuntimeError, zlib.error, zipfile.BadZipFile) as error:
        raise BenchError(f"{name} cannot be read ({str(error)[:100]}); pack it again") from error
