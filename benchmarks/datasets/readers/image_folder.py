"""A folder of image files: a subfolder for each class, with or without train/ and test/ above them."""

from __future__ import annotations

from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.image_file import SUFFIXES, read_image
from benchmarks.datasets.readers.raw_images import RawDataset, RawSplit, label_names

SPLITS = ("train", "test")


def read_folder(folder: Path) -> RawDataset:
    """Return the images in the class folders below ``folder``; the files are opened later.

    Raises ``BenchError`` if there are no class folders, or if one contains no images.
    """
    try:
        splits = {name: folder / name for name in SPLITS if _subfolders(folder / name)}
        if not splits:
            part, n_skipped = _read_part(folder)
            return RawDataset(part, notes=_skipped_note(n_skipped))
        if "train" not in splits:
            raise BenchError(f"{folder} has test/ but no train/ with a subfolder for each class")
        train, n_skipped = _read_part(splits["train"])
        test, more = _read_part(splits["test"]) if "test" in splits else (None, 0)
        others = [path.name for path in _subfolders(folder) if path.name not in SPLITS]
        unused = (f"not used: {', '.join(f'{name}/' for name in others)} beside train/",) if others else ()
        return RawDataset(train, test, notes=(*unused, *_skipped_note(n_skipped + more)))
    except OSError as error:
        raise BenchError(f"{error.filename or folder} cannot be read ({error.strerror or error})") from error


def _read_part(folder: Path) -> tuple[RawSplit, int]:
    """Return the images in the class folders, sorted by name, and the number of other files."""
    classes = _subfolders(folder)
    if not classes:
        raise BenchError(f"{folder} has no subfolders; put the images of each class into a subfolder with its name")
    paths: list[Path] = []
    labels: list[str] = []
    n_skipped = 0
    for place in classes:
        (name,) = label_names([place.name], str(place))
        files = sorted(path for path in place.iterdir() if path.is_file() and not path.name.startswith("."))
        images = [path for path in files if path.suffix.lower() in SUFFIXES]
        if not images:
            raise BenchError(f"{place} contains no images ({', '.join(SUFFIXES)}); remove it or add images")
        paths += images
        labels += [name] * len(images)
        n_skipped += len(files) - len(images)
    return RawSplit(tuple(labels), lambda i: read_image(paths[i]), lambda i: str(paths[i])), n_skipped


def _subfolders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "__")))


def _skipped_note(n_skipped: int) -> tuple[str, ...]:
    return (f"{n_skipped} files skipped: not image files",) if n_skipped else ()
