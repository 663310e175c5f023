"""Tar archives, compressed or not: read once from the beginning to the end, their files kept in memory."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zlib
from functools import partial
from pathlib import Path
from typing import IO, Self, cast

from benchmarks.common.errors import BenchError, short_message
from benchmarks.datasets.readers.archives.archive import Archive
from benchmarks.datasets.readers.idx import LARGEST, PIECE

DAMAGED = (OSError, EOFError, ValueError, OverflowError, MemoryError, zlib.error, lzma.LZMAError, tarfile.TarError)


class _Limited:
    """A stream of which no more than ``LARGEST`` bytes can be read; tarfile reads headers of any size at once."""

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        self._stream = stream
        self._path = path
        self._n_bytes = 0

    def read(self, n_bytes: int) -> bytes:
        piece = self._stream.read(n_bytes)
        self._n_bytes += len(piece)
        if self._n_bytes > LARGEST:
            raise BenchError(f"{self._path} has more than {LARGEST >> 20:,} MiB uncompressed; pass the unpacked folder")
        return piece


class _StrictHeader(tarfile.TarInfo):
    """A header of a file; tarfile takes one that is damaged or cut short for the end of the archive."""

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(str(error)) from error


def open_tar(path: Path) -> Archive:
    """Return what a tar archive holds; raises ``BenchError``."""
    archive = Archive(path)
    with path.open("rb") as file:
        magic = file.read(6)
    try:
        with _opened(path, magic) as stream:
            limited = cast("IO[bytes]", _Limited(stream, path))
            with tarfile.open(fileobj=limited, mode="r|", tarinfo=_StrictHeader, encoding="utf-8") as opened:
                _read_all(opened, archive)
                _check_end(cast("IO[bytes]", opened.fileobj), path)
    except DAMAGED as error:
        raise BenchError(f"{path} is not a readable tar archive ({short_message(error)})") from error
    return archive


def _opened(path: Path, magic: bytes) -> IO[bytes]:
    if magic[:2] == b"\x1f\x8b":
        return cast("IO[bytes]", gzip.open(path))
    if magic[:3] == b"BZh":
        return bz2.open(path)
    return lzma.open(path) if magic == b"\xfd7zXZ\0" else path.open("rb")


def _read_all(opened: tarfile.TarFile, archive: Archive) -> None:
    n_bytes = 0
    while member := opened.next():
        opened.members = []  # type: ignore[attr-defined]  # else it keeps the header of every file
        if not (member.isdir() or member.isreg()):
            raise archive.refuse(member.name, "a link or a device")
        n_bytes += member.size
        if n_bytes > LARGEST:  # a sparse file may be larger than what the archive holds of it
            raise BenchError(f"{archive.path} has {n_bytes >> 20:,} MiB uncompressed; pass the unpacked folder")
        stream = None if member.isdir() else opened.extractfile(member)
        content = stream.read() if stream else b""
        if len(content) != member.size:
            raise BenchError(f"{archive.path} is damaged: {member.name[:60]} is cut short; download it again")
        archive.add(member.name, None if member.isdir() else partial(bytes, content))


def _check_end(rest: IO[bytes], path: Path) -> None:
    """Read what follows the last file to its end, where checksums are; raises ``BenchError`` unless it is zeros.

    tarfile takes a block of zeros for the end, also where it is damage, or where a second archive was appended.
    """
    while piece := rest.read(PIECE):
        if piece.strip(b"\0"):
            raise BenchError(
                f"{path} holds data behind its end: it is damaged, or several archives in one; download it again, or "
                "unpack it and pass the folder"
            )
