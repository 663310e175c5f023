"""The folders and images in a folder, without what systems and programs put there."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.datasets.readers.archives.data_path import DataPath
from benchmarks.datasets.readers.image_file import SUFFIXES
from benchmarks.datasets.readers.parts import KIND_WORDS, part_of_folder

# folders that systems, storage devices and programs make, in lower case; any other name may be that of a class
SYSTEM = frozenset(
    (
        *("lost+found", "system volume information", "$recycle.bin", "recycler", "#recycle", "#snapshot", "@recycle"),
        *("@eadir", "@tmp", "@sharebin", "@recently-snapshot", "__macosx", "__pycache__", ".git", ".ipynb_checkpoints"),
        *(".spotlight-v100", ".trashes", ".trash", ".fseventsd", ".temporaryitems", ".documentrevisions-v100"),
        *(".thumbnails", ".snapshot", ".zfs", ".cache", ".svn", ".hg", ".dvc", ".idea", ".vscode"),
    )
)


def subfolders(folder: DataPath) -> list[DataPath]:
    """Return the folders in a folder, without hidden ones; empty if it is none."""
    return [path for path in all_folders(folder) if not is_hidden(path.name)]


def all_folders(folder: DataPath) -> list[DataPath]:
    """Return the folders in a folder, hidden ones too, without those of systems; empty if it is none."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_dir() and path.name.lower() not in SYSTEM)


def is_hidden(name: str) -> bool:
    """Return whether a file or folder of this name is not to be seen."""
    return name.startswith(".")


def images_in(folder: DataPath) -> Iterator[DataPath]:
    """Yield the image files of a folder, by their names."""
    for path in folder.iterdir():
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file():
            yield path


def images_below(folder: DataPath) -> Iterator[DataPath]:
    """Yield the image files of a folder and of those below it."""
    yield from images_in(folder)
    for inner in subfolders(folder):
        if not inner.is_symlink():
            yield from images_below(inner)


def only_folder(folder: DataPath) -> DataPath | None:
    """Return the subfolder that holds all folders, as unpacked archives have it, if it is no part and no class."""
    inner = subfolders(folder)
    if len(inner) != 1 or part_of_folder(inner[0].name):
        return None
    return inner[0] if any(inner[0].iterdir()) and not next(images_in(inner[0]), None) else None


def class_places(folder: DataPath) -> tuple[DataPath, ...]:
    """Return the folders whose subfolders may be classes: those of parts, or the folder or the only one in it."""
    parts = [place for place in subfolders(folder) if part_of_folder(place.name)]
    if parts:
        return tuple(filter(_has_classes, parts))
    if sum(1 for place in subfolders(folder) if next(images_in(place), None)) > 1:
        return (folder,)
    inner = only_folder(folder)
    return class_places(inner) if inner else ()


def _has_classes(part: DataPath) -> bool:
    """Return whether a part has class folders, and not all its images in one that is named images."""
    names = [place.name.lower() for place in subfolders(part)]
    return bool(names) and not (len(names) == 1 and names[0] in KIND_WORDS)
