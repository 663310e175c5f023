"""A path on the command line → a path on disk or in an archive."""

from __future__ import annotations

from pathlib import Path

from benchmarks.datasets.readers.archives.archive import TOP, ArchivePath
from benchmarks.datasets.readers.archives.data_path import DataPath
from benchmarks.datasets.readers.archives.tar_archive import open_tar
from benchmarks.datasets.readers.archives.zip_archive import open_zip

ZIP = (".zip",)
TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tbz2", ".tar.xz", ".txz")
SUFFIXES = (*ZIP, *TAR)


def is_archive(name: str) -> bool:
    """Return whether a file of this name is an archive."""
    return name.lower().endswith(SUFFIXES)


def data_path(path: Path) -> DataPath:
    """Return a path as readers take it: of an archive its top, and of ``letters.zip/train`` what is inside.

    Raises ``BenchError`` for an archive that cannot be read.
    """
    for outer in (path, *path.parents):
        if is_archive(outer.name) and outer.is_file():
            archive = open_zip(outer) if outer.name.lower().endswith(ZIP) else open_tar(outer)
            return ArchivePath(archive, TOP / path.relative_to(outer).as_posix())
    return path
