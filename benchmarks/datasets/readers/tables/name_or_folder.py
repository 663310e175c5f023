"""Where images are in folders and in tables of their names: which of the two says their classes."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.archives.data_path import DataPath
from benchmarks.datasets.readers.folders import class_places, images_below
from benchmarks.datasets.readers.raw_images import shown
from benchmarks.datasets.readers.tables.name_table import NameTable, name_tables
from benchmarks.datasets.spec import ReadingOptions

MAX_SHOWN = 30  # characters of a name


class Standing(Enum):
    """What a table says beside class folders: the same as these, what they do not, something else, or nothing."""

    SAME = auto()
    MORE = auto()
    OTHER = auto()
    NOTHING = auto()


def tables_to_read(
    folder: DataPath, files: Sequence[DataPath], options: ReadingOptions
) -> tuple[list[NameTable], tuple[str, ...]]:
    """Return the tables among some files that say the classes of images, and notes; none where folders do.

    A table does if it names images that are in no class folders, or if its labels are not those of the class folders:
    then these are of something else, as of writers. Raises ``BenchError`` if it contradicts them for some images only.
    """
    places = class_places(folder)
    found = [(table, _standing(table, places, options)) for table in name_tables(folder, files)]
    without = [table.path.name for table, _ in found if not any(table.files)]
    lost = tuple(f"CAREFUL: no image that {name} names is there" for name in without)
    if not any(standing in (Standing.MORE, Standing.OTHER) for _, standing in found):
        return [], lost
    notes = [_contradiction(table, places, options) for table, standing in found if standing is Standing.OTHER]
    return [table for table, standing in found if standing is not Standing.NOTHING], (*lost, *notes)


def _standing(table: NameTable, places: Sequence[DataPath], options: ReadingOptions) -> Standing:
    there = [file for file in table.files if file]
    if not places or any(file.parent.parent not in places for file in there):
        return Standing.MORE
    label = table.known_label(options)
    if label is None or not there:
        return Standing.NOTHING
    labels = _labels_of_folders(table, label).values()
    if all(len(found) == 1 for found in labels) and len(set().union(*labels)) == len(labels):
        return Standing.SAME if options.label_column is None else Standing.MORE
    return Standing.OTHER


def _contradiction(table: NameTable, places: Sequence[DataPath], options: ReadingOptions) -> str:
    """Return the note on a table that is read in place of class folders; raises ``BenchError`` if it is not certain."""
    label = table.known_label(options) or 0
    labels = _labels_of_folders(table, label)
    example = shown(max(labels, key=lambda name: len(labels[name])))[:MAX_SHOWN]
    n_named, n_images = len(set(table.files) - {None}), sum(1 for place in places for _ in images_below(place))
    if n_named < n_images and options.label_column is None:
        raise BenchError(
            f"{table.path} names {n_named:,} of {n_images:,} images, and its labels are not those of their folders, as "
            f"{example}/; give --label-column {table.heading[label] or 'NAME'} to read it, or remove it"
        )
    return f"CAREFUL: {table.path.name} gives the labels, and folders, as {example}/, are not taken for classes"


def _labels_of_folders(table: NameTable, label: int) -> dict[str, set[str]]:
    """Return the labels that a table gives to the images of each folder."""
    found: dict[str, set[str]] = {}
    for file, (_, row) in zip(table.files, table.rows, strict=True):
        if file and label < len(row):
            found.setdefault(str(file.parent.name), set()).add(row[label].strip())
    return found
