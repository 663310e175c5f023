"""How much memory a process and its descendants hold together: a page that several share is counted once."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import psutil

from benchmarks.common.atomic_files import remove
from benchmarks.common.clock import clock
from benchmarks.common.paths import size_of

MIB = 2**20
SHARED = Path("/dev/shm")
# the kernel walks all pages of a process to add up its share: 50 ms for a GiB, and the process waits if it needs more
REST_FACTOR = 50
QUICK_S = 0.02


class TreeMemory:
    """The memory of one tree, look by look. ``limit_mb``: what is held beyond it is never said without measuring.

    Of a single process, resident memory is exact, and cheap to ask for. Of several, pages that they share would count
    again for each: what that adds up to is measured when a process came or went, if it is quick, and now and then
    otherwise, so that it takes 2 % of the time.
    """

    def __init__(self, limit_mb: float, shared: SharedFiles | None = None) -> None:
        self._limit_mb, self._shared = limit_mb, SharedFiles() if shared is None else shared
        self._counted_again = 0.0
        self._measured: set[int] = set()
        self._took, self._measured_at = 0.0, 0.0

    def held_mb(self, members: Sequence[psutil.Process]) -> float:
        """Return the memory of those that are still there, together, in MiB, files in /dev/shm included."""
        resident = rss_mb(members)
        if len(members) < 2:
            self._counted_again = 0.0
        elif self._is_due(members) or resident - self._counted_again > self._limit_mb:
            start = clock()
            self._counted_again = max(resident - sum(map(_share_mb, members)), 0.0)
            self._measured, self._measured_at = {one.pid for one in members}, clock()
            self._took = self._measured_at - start
        return max(resident - self._counted_again, 0.0) + self._shared.unmapped_mb(members)

    def _is_due(self, members: Sequence[psutil.Process]) -> bool:
        if clock() - self._measured_at > REST_FACTOR * self._took:
            return True
        return self._took < QUICK_S and self._measured != {one.pid for one in members}

    def free(self) -> None:
        """Delete what the processes, which have ended, left in /dev/shm."""
        self._shared.delete()


class SharedFiles:
    """The files in /dev/shm that a tree made: memory that belongs to no process, and stays when all have ended.

    A file is of the tree if it is new, and a process of the tree was seen to have it open or mapped. Files without a
    name (deleted ones, and those of ``memfd_create``) count for as long as one has them open.
    """

    def __init__(self, folder: Path = SHARED) -> None:
        self._folder = folder
        self._of_others = _names_in(self._folder)
        self._own: set[str] = set()

    def unmapped_mb(self, members: Iterable[psutil.Process]) -> float:
        """Return how much the tree's files hold beyond what its processes have mapped, in MiB."""
        members = list(members)
        if new := _names_in(self._folder) - self._of_others - self._own:
            used = {name for process in members for name in names_used_by(process.pid, self._folder)}
            self._own |= new & used
        nameless: dict[tuple[int, int], int] = {}
        for process in members:
            nameless |= _nameless_files(process.pid, self._folder)
        held = (sum(map(self._blocks_of, self._own)) + sum(nameless.values())) / MIB
        if not held:
            return 0.0
        return max(held - sum(_mapped_shared_mb(process.pid) for process in members), 0.0)

    def delete(self) -> None:
        """Delete the tree's files."""
        for name in self._own:
            with contextlib.suppress(OSError):
                remove(self._folder / name)

    def _blocks_of(self, name: str) -> int:
        path = self._folder / name
        with contextlib.suppress(OSError):
            return size_of(path) if path.is_dir() else path.lstat().st_blocks * 512
        return 0


def names_used_by(pid: int, folder: Path = SHARED) -> set[str]:
    """Return the names of the files, or folders of files, in ``folder`` that a process has open or mapped."""
    texts = [f"{target}\n" for _, target in _open_files(pid)]
    with contextlib.suppress(OSError):
        texts.append(Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace"))
    return set(re.findall(rf"{re.escape(str(folder))}/([^/\n]+)", "\n".join(texts)))


def _nameless_files(pid: int, folder: Path) -> dict[tuple[int, int], int]:
    """Return the bytes of each file in memory that a process has open and that has no name, by device and number."""
    found = {}
    for link, target in _open_files(pid):
        if target.endswith(" (deleted)") and target.startswith((f"{folder}/", "/memfd:")):
            with contextlib.suppress(OSError):
                status = link.stat()
                found[status.st_dev, status.st_ino] = status.st_blocks * 512
    return found


def _open_files(pid: int) -> Iterator[tuple[Path, str]]:
    """Yield the descriptors of a process in /proc, each with the path that it leads to."""
    with contextlib.suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                yield descriptor, str(descriptor.readlink())


@contextlib.contextmanager
def cleaned_shared_memory(folder: Path = SHARED) -> Iterator[None]:
    """Delete at the end what has appeared in /dev/shm, is this user's, and no process has open or mapped."""
    before = _names_in(folder)
    try:
        yield
    finally:
        if left := {name for name in _names_in(folder) - before if _is_own(folder / name)}:
            used = {name for pid in psutil.pids() for name in names_used_by(pid, folder)}
            for name in left - used:
                with contextlib.suppress(OSError):
                    remove(folder / name)


def _is_own(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return path.lstat().st_uid == os.getuid()
    return False


def _names_in(folder: Path) -> set[str]:
    try:
        return {path.name for path in folder.iterdir()}
    except OSError:  # not Linux
        return set()


def rss_mb(processes: Iterable[psutil.Process]) -> float:
    """Return the resident memory of those that are still there, together, in MiB."""
    total = 0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            total += process.memory_info().rss
    return total / MIB


def _share_mb(process: psutil.Process) -> float:
    """Return a process's share of its memory (PSS): of a page that n processes map, an n-th."""
    with contextlib.suppress(OSError):
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{process.pid}/smaps_rollup").read_text("ascii"), re.M)
        if found:
            return int(found[1]) / 1024
    return rss_mb([process])


def _mapped_shared_mb(pid: int) -> float:
    with contextlib.suppress(OSError):
        found = re.search(r"^RssShmem:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("ascii", "replace"), re.M)
        if found:
            return int(found[1]) / 1024
    return 0.0
