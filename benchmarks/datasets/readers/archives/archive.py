"""A tree of files inside an archive, and paths in it."""

from __future__ import annotations

import errno
import io
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Literal

from benchmarks.common.errors import BenchError

MAX_FILES = 1_000_000
MAX_SHOWN = 60  # characters of a name in a message
TOP = PurePosixPath()
DRIVE = re.compile(r"[A-Za-z]:")
Read = Callable[[], bytes]


@dataclass
class Archive:
    """What an archive at ``path`` holds: how to read each file, and what is in each folder."""

    path: Path
    files: dict[PurePosixPath, Read] = field(default_factory=dict)
    folders: dict[PurePosixPath, dict[str, None]] = field(default_factory=lambda: {TOP: {}})

    def add(self, name: str, read: Read | None) -> None:
        """Add a file, or a folder where ``read`` is None; raises ``BenchError`` for a name that is not accepted."""
        inner = self._checked(name)
        if read is None:
            self._add_folder(inner)
        elif inner in self.files or inner in self.folders:
            raise BenchError(f"{self.path} holds {inner.as_posix()[:MAX_SHOWN]} twice; pack it again")
        elif len(self.files) == MAX_FILES:
            raise BenchError(f"{self.path} holds more than {MAX_FILES:,} files; unpack it and pass the folder")
        else:
            self._add_folder(inner.parent)
            self.folders[inner.parent][inner.name] = None
            self.files[inner] = read

    def refuse(self, name: str, what: str) -> BenchError:
        """Return the error for a file that is not read."""
        return BenchError(f"{self.path} holds {what} ({name[:MAX_SHOWN]!r}), which is not read; pack it without")

    def _checked(self, name: str) -> PurePosixPath:
        inner = PurePosixPath(name)
        if inner.is_absolute() or ".." in inner.parts or DRIVE.match(name) or "\0" in name:
            raise self.refuse(name, "a name that leads out of it")
        return inner

    def _add_folder(self, inner: PurePosixPath) -> None:
        """Add a folder and those above it."""
        if inner in self.files:
            raise BenchError(f"{self.path} holds {inner.as_posix()[:MAX_SHOWN]} twice; pack it again")
        if inner not in self.folders:
            self._add_folder(inner.parent)
            self.folders[inner.parent][inner.name] = None
            self.folders[inner] = {}


@dataclass(frozen=True)
class ArchivePath:
    """A path in an archive, with the methods of ``DataPath``; the archive's top has the archive's name."""

    archive: Archive = field(compare=False, repr=False)
    inner: PurePosixPath = TOP

    @property
    def name(self) -> str:
        return self.archive.path.name if self.inner == TOP else self.inner.name

    @property
    def suffix(self) -> str:
        return self.inner.suffix

    @property
    def parent(self) -> ArchivePath:
        return ArchivePath(self.archive, self.inner.parent)

    def __str__(self) -> str:
        return str(self.archive.path / self.inner)

    def __lt__(self, other: ArchivePath, /) -> bool:
        return self.inner < other.inner

    def __truediv__(self, name: str, /) -> ArchivePath:
        return ArchivePath(self.archive, self.inner / name)

    def with_name(self, name: str, /) -> ArchivePath:
        return ArchivePath(self.archive, self.inner.with_name(name))

    def iterdir(self) -> Iterator[ArchivePath]:
        names: Mapping[str, None] = self.archive.folders[self.inner]
        return (self / name for name in names)

    def exists(self) -> bool:
        return self.is_file() or self.is_dir()

    def is_dir(self) -> bool:
        return self.inner in self.archive.folders

    def is_file(self) -> bool:
        return self.inner in self.archive.files

    def is_symlink(self) -> bool:
        return False

    def open(self, mode: Literal["rb"]) -> IO[bytes]:
        return io.BytesIO(self.read_bytes())

    def read_bytes(self) -> bytes:
        if not self.is_file():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self))
        return self.archive.files[self.inner]()
