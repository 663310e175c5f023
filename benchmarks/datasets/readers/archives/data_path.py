"""What the readers need of a path: one on disk, or one inside an archive; and of what is at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, Literal, Protocol

from benchmarks.common.errors import BenchError

# the first bytes of what Git LFS and git-annex leave in place of a file
POINTERS = {
    b"version https://git-lfs.github.com/spec/": ("Git LFS", "git lfs pull"),
    b"/annex/objects/": ("git-annex", "git annex get"),
}
LONGEST_START = max(map(len, POINTERS))


class DataPath(Protocol):
    """The methods of ``pathlib.Path`` that readers use."""

    @property
    def name(self) -> str: ...

    @property
    def suffix(self) -> str: ...

    @property
    def parent(self) -> DataPath: ...

    def __truediv__(self, name: str, /) -> DataPath: ...

    def __lt__(self, other: Any, /) -> bool: ...

    def __hash__(self) -> int: ...

    def with_name(self, name: str, /) -> DataPath: ...

    def iterdir(self) -> Iterator[DataPath]: ...

    def exists(self) -> bool: ...

    def is_dir(self) -> bool: ...

    def is_file(self) -> bool: ...

    def is_symlink(self) -> bool: ...

    def open(self, mode: Literal["rb"]) -> IO[bytes]: ...

    def read_bytes(self) -> bytes: ...


def check_is_content(start: bytes, name: str) -> None:
    """Raise ``BenchError`` if a file that begins so stands in place of another, which was not fetched."""
    for pointer, (program, command) in POINTERS.items():
        if start.startswith(pointer):
            raise BenchError(f"{name} is a pointer of {program}, not the file itself; run '{command}'")
