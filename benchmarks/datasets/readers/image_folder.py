"""A folder of image files: a subfolder for each class, with or without train/, val/ and test/ above them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.archives.data_path import DataPath
from benchmarks.datasets.readers.folders import all_folders, images_below, images_in, is_hidden, subfolders
from benchmarks.datasets.readers.image_file import FURTHER, SUFFIXES, n_further_images, read_image
from benchmarks.datasets.readers.labels import class_name, label_names
from benchmarks.datasets.readers.parts import part_of_folder
from benchmarks.datasets.readers.raw_images import RawDataset, RawSplit, shown, shown_path

NO_IMAGES, DANGLING = "files that are not images", "links that lead nowhere"
IN_HIDDEN = "hidden images: their names, or those of their folders, begin with a dot"
MAC_TWIN = "._"  # how files begin in which macOS keeps the attributes of others
DEEPER, BESIDE = "images in folders below the classes", "images beside the class folders"
MAX_NAMED = 5
MAX_SEEN, MAX_SHOWN = 3, 30  # names, and characters of each


PassedOver = Counter[str]  # how many of what


def read_folder(folder: DataPath) -> RawDataset:
    """Return the images in the class folders below ``folder``; the files are opened later.

    Raises ``BenchError`` if there are no class folders, or if one contains no images.
    """
    try:
        return _read(folder)
    except OSError as error:
        raise BenchError(f"{error.filename or folder} cannot be read ({error.strerror or error})") from error


def _read(folder: DataPath) -> RawDataset:
    places = _part_folders(folder)
    passed_over: PassedOver = Counter()
    notes: tuple[str, ...] = ()
    if not places:
        notes = _check_classes(folder)
        return RawDataset(read_part(folder, passed_over), notes=(*notes, *notes_of(passed_over)))
    if "train" not in places:
        there = next(iter(places.values())).name
        raise BenchError(f"{shown_path(folder)} has {there}/ but no train/ with a subfolder for each class")
    parts = {part: read_part(place, passed_over) for part, place in places.items()}
    passed_over[BESIDE] += len(_images(folder))
    passed_over[IN_HIDDEN] += _n_hidden_images(folder)
    notes = _unused_notes(folder, list(places.values()))
    return RawDataset(parts["train"], parts.get("test"), (), (*notes, *notes_of(passed_over)), parts.get("validation"))


def _part_folders(folder: DataPath) -> dict[str, DataPath]:
    """Return the folders of parts that have class folders; raises ``BenchError`` if two hold the same part."""
    places: dict[str, DataPath] = {}
    for place in subfolders(folder):
        part = part_of_folder(place.name)
        if part and subfolders(place):
            if part in places:
                raise BenchError(f"{shown_path(folder)} has {places[part].name}/ and {place.name}/; leave one of them")
            places[part] = place
    return places


def _check_classes(folder: DataPath) -> tuple[str, ...]:
    """Raise ``BenchError`` if the subfolders are parts without classes; return a note if one may be."""
    named = {place.name: part_of_folder(place.name) for place in subfolders(folder)}
    parts = {name: part for name, part in named.items() if part}
    if parts and (len(set(parts.values())) > 1 or len(parts) == len(named)):
        some = [f"{shown(name)[:MAX_SHOWN]}/" for name in list(parts)[:MAX_NAMED]]
        seen = ", ".join(some) + "…" * (len(parts) > MAX_NAMED)
        raise BenchError(
            f"{shown_path(folder)}: {seen} have the names of parts, not of classes, and no subfolders; put the images "
            "of each class into a subfolder with its name, or rename those that are classes"
        )
    return tuple(f"CAREFUL: {name}/ is taken for a class, as the folders beside it" for name in parts)


def read_part(folder: DataPath, passed_over: PassedOver) -> RawSplit:
    """Return the images in the class folders, sorted by name; count what is beside and below them."""
    classes = subfolders(folder)
    if not classes:
        raise BenchError(
            f"{shown_path(folder)} has no subfolders{_seen_in(folder)}; put the images of each class into a subfolder "
            "with its name"
        )
    paths: list[DataPath] = []
    labels: list[str] = []
    first: dict[str, DataPath] = {}
    for place in classes:
        (label,) = label_names([shown(place.name)], shown_path(place))
        name = class_name(label)
        if first.setdefault(name, place) is not place:
            raise BenchError(
                f"{shown_path(folder)}: the names {first[name].name!a} and {place.name!a} differ only in spaces or in "
                "their Unicode form; put the images of a class into one folder"
            )
        images = _images_of_class(place, passed_over)
        paths += images
        labels += [label] * len(images)
    passed_over[BESIDE] += len(_images(folder))
    passed_over[IN_HIDDEN] += _n_hidden_images(folder)
    passed_over[DANGLING] += sum(_leads_nowhere(path) for path in folder.iterdir())
    return RawSplit(tuple(labels), lambda i: read_image(paths[i], transparent=True), lambda i: shown_path(paths[i]))


def _seen_in(folder: DataPath) -> str:
    """Return what a folder without subfolders holds, for the message."""
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    n_dangling = sum(map(_leads_nowhere, folder.iterdir()))
    seen = [shown(name)[:MAX_SHOWN] for name in names[:MAX_SEEN]] + [f"{len(names):,} files"] * (len(names) > MAX_SEEN)
    seen += [f"{n_dangling:,} {DANGLING}"] * bool(n_dangling)
    return f" (it holds {', '.join(seen)})" if seen else ""


def _images_of_class(place: DataPath, passed_over: PassedOver) -> list[DataPath]:
    images = _images(place)
    files = [path for path in place.iterdir() if not path.name.startswith(".") and not path.is_dir()]
    here: PassedOver = Counter()
    here[DANGLING] = sum(map(_leads_nowhere, files))
    here[NO_IMAGES] = len(files) - len(images) - here[DANGLING]
    here[DEEPER] = sum(_n_below(inner) for inner in subfolders(place))
    here[IN_HIDDEN] = _n_hidden_images(place)
    if not images:
        found = ", ".join(f"{n} {what}" for what, n in here.items() if n) or "it is empty"
        raise BenchError(f"{shown_path(place)} contains no images ({found}); remove it or add images")
    here[FURTHER] = sum(map(n_further_images, images))
    passed_over.update(here)
    return images


def _leads_nowhere(path: DataPath) -> bool:
    return path.is_symlink() and not path.exists()


def _images(folder: DataPath) -> list[DataPath]:
    return sorted(images_in(folder))


def _n_below(folder: DataPath) -> int:
    return sum(1 for _ in images_below(folder))


def _n_hidden_images(folder: DataPath) -> int:
    """Return the number of hidden images in a folder, and of images in its hidden folders."""
    in_folders = sum(_n_below(inner) for inner in all_folders(folder) if is_hidden(inner.name))
    return in_folders + sum(_is_hidden_image(path) for path in folder.iterdir())


def _is_hidden_image(path: DataPath) -> bool:
    if not is_hidden(path.name) or path.name.startswith(MAC_TWIN):
        return False
    return path.suffix.lower() in SUFFIXES and path.is_file()


def _unused_notes(folder: DataPath, used: Sequence[DataPath]) -> tuple[str, ...]:
    """Return a note on the folders beside train/ that are not read, with the number of their images."""
    others = [place for place in subfolders(folder) if place not in used]
    counted = [f"{_n_below(place):,} images in {shown(place.name)}/" for place in others[:MAX_NAMED]]
    more = f" and {len(others) - MAX_NAMED} more folders" if len(others) > MAX_NAMED else ""
    return (f"passed over: {', '.join(counted)}{more} beside train/",) if others else ()


def notes_of(passed_over: PassedOver) -> tuple[str, ...]:
    """Return a note on each kind of what is passed over."""
    return tuple(f"passed over: {n:,} {what}" for what, n in passed_over.items() if n)
