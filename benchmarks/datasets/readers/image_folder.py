"""A folder of image files: a subfolder for each class, with or without train/ and test/ above them."""

from __future__ import annotations

from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.image_file import SUFFIXES, read_image
from benchmarks.datasets.readers.raw_images import Part, Source, words

SPLITS = ("train", "test")


def read_folder(folder: Path) -> Source:
    """Return what lies in the class folders below ``folder``; the image files are not opened yet.

    Raises ``BenchError`` if there are no class folders, or one without images.
    """
    try:
        splits = {name: folder / name for name in SPLITS if _subfolders(folder / name)}
        if not splits:
            part, passed_over = _read_part(folder)
            return Source(part, notes=_said(passed_over))
        if "train" not in splits:
            raise BenchError(f"{folder} has test/ but no train/ with a subfolder for each class")
        train, passed_over = _read_part(splits["train"])
        test, more = _read_part(splits["test"]) if "test" in splits else (None, 0)
        others = [path.name for path in _subfolders(folder) if path.name not in SPLITS]
        unread = (f"not read: {', '.join(f'{name}/' for name in others)} beside train/",) if others else ()
        return Source(train, test, notes=(*unread, *_said(passed_over + more)))
    except OSError as error:
        raise BenchError(f"{error.filename or folder} cannot be read ({error.strerror or error})") from error


def _read_part(folder: Path) -> tuple[Part, int]:
    """Return the images in the class folders, in the order of their names, and how many other files there were."""
    classes = _subfolders(folder)
    if not classes:
        raise BenchError(f"{folder} has no subfolders; put the images of each class into a folder of its name")
    paths: list[Path] = []
    labels: list[str] = []
    passed_over = 0
    for place in classes:
        (name,) = words([place.name], str(place))
        files = sorted(path for path in place.iterdir() if path.is_file() and not path.name.startswith("."))
        images = [path for path in files if path.suffix.lower() in SUFFIXES]
        if not images:
            raise BenchError(f"{place} holds no images ({', '.join(SUFFIXES)}); fill or remove it")
        paths += images
        labels += [name] * len(images)
        passed_over += len(files) - len(images)
    return Part(tuple(labels), lambda i: read_image(paths[i]), lambda i: str(paths[i])), passed_over


def _subfolders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "__")))


def _said(passed_over: int) -> tuple[str, ...]:
    return (f"{passed_over} files were passed over: their names are not those of images",) if passed_over else ()
