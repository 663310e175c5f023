"""Tables of which a column names image files, as Kaggle's train.csv beside train/."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from benchmarks.datasets.readers.archives.data_path import DataPath
from benchmarks.datasets.readers.folders import images_below, subfolders
from benchmarks.datasets.readers.idx import read_uncompressed
from benchmarks.datasets.readers.image_file import SUFFIXES
from benchmarks.datasets.readers.parts import KIND_WORDS, SUBMISSION, part_of_file, part_of_folder
from benchmarks.datasets.readers.tables.csv_text import CsvText
from benchmarks.datasets.readers.tables.table_columns import LABEL_COLUMNS, named_label
from benchmarks.datasets.spec import ReadingOptions

MOST_COLUMNS = 64  # a table of more is one of pixels
MOST_TRIED = 20  # rows of which one has the name of an image that is there
MOST_PLACES = 50  # folders that all names are looked for in
LONGEST_NAME = 255  # characters; systems refuse to look for a longer one


@dataclass(frozen=True)
class NameTable:
    """A table of which a column names image files. ``places``: the folders that these may be in."""

    path: DataPath
    heading: tuple[str, ...]
    rows: tuple[tuple[int, list[str]], ...]
    column: int
    places: tuple[DataPath, ...]

    def label(self, options: ReadingOptions) -> int | None:
        """Return the place of the column of labels; None without one. Raises ``BenchError`` for one that is not there.

        Of two columns it is the other one, whatever it is called.
        """
        found = self.known_label(options)
        if found is None and len(self.heading) == 2:
            found = 1 - self.column
        return found

    def known_label(self, options: ReadingOptions) -> int | None:
        """Return the place of the column of labels if its name says so, or if it is the only other one of no name."""
        if not any(self.heading):
            return 1 - self.column if len(self.heading) == 2 else None
        found = named_label(self.heading, options, str(self.path))
        return None if found == self.column else found

    @cached_property
    def files(self) -> tuple[DataPath | None, ...]:
        """The image file of each row; None where there is none of its name.

        With many folders to look in, none is there if the first rows have none: looking takes long.
        """
        names = [row[self.column] if self.column < len(row) else "" for _, row in self.rows]
        first = [_image(name, self.places) for name in names[:MOST_TRIED]]
        if len(self.places) > MOST_PLACES and not any(first):
            return (None,) * len(names)
        return (*first, *(_image(name, self.places) for name in names[MOST_TRIED:]))


def name_tables(folder: DataPath, files: Sequence[DataPath]) -> list[NameTable]:
    """Return the tables among some files that name images in a folder."""
    if not files or not next(images_below(folder), None):
        return []
    given = [path for path in files if SUBMISSION not in path.name.lower()]  # whose labels are made up
    return [table for path in given if (table := _name_table(path, folder))]


def _name_table(path: DataPath, folder: DataPath) -> NameTable | None:
    """Return a table if a row below its heading has the name of an image file, or looks like one."""
    rows = CsvText.of(read_uncompressed(path), path).rows()
    first, second = next(rows, None), next(rows, None)
    if not first or not second or not len(first[1]) == len(second[1]) <= MOST_COLUMNS:
        return None
    places, below = _places(path, folder), [second, *rows]
    for heading, table in (((), [first, *below]), (first[1], below)):
        names = tuple(name.strip().lower() for name in heading) or ("",) * len(first[1])
        n_tried = MOST_TRIED if heading else 1  # without a heading the first row is an image
        column = _name_column(names, [row for _, row in table], places, n_tried)
        if column is not None:
            return NameTable(path, names, tuple(table), column, places)
    return None


def _name_column(
    names: Sequence[str], rows: Sequence[list[str]], places: Sequence[DataPath], n_tried: int
) -> int | None:
    """Return the column that has the names of images: with a suffix if there is one, and no label.

    Numbers may be names of images without a suffix, so that of several columns the one with most values is chosen.
    """
    tried = [row for row in rows[:n_tried] if len(row) == len(names)]

    def names_images(column: int) -> bool:
        return any(_has_suffix(row[column]) or _image(row[column], places) for row in tried)

    def likelihood(column: int) -> tuple[bool, int]:
        values = {row[column] for row in rows if column < len(row)}
        return any(_has_suffix(row[column]) for row in tried), len(values)

    named = [i for i, name in enumerate(names) if name not in LABEL_COLUMNS and names_images(i)]
    return max(named, key=likelihood, default=None)


def _has_suffix(name: str) -> bool:
    return name.strip().lower().endswith(SUFFIXES)


def _places(path: DataPath, folder: DataPath) -> tuple[DataPath, ...]:
    """Return where the images of a table may be: in the folder of its part, beside it, in folders of no other part."""
    part = part_of_file(path.name)
    below = {place: part_of_folder(place.name) for place in subfolders(folder)}
    own = [place for place, of in below.items() if part and of == part]
    others = [place for place, of in below.items() if not part or of is None]
    places = [*own, path.parent, folder, *others]
    of_images = [inner for place in places for inner in subfolders(place) if inner.name.lower() in KIND_WORDS]
    return tuple(dict.fromkeys((*places, *of_images)))


def _image(name: str, places: Sequence[DataPath]) -> DataPath | None:
    """Return the image file of a name, with or without its suffix; None if there is none."""
    parts = name.strip().replace("\\", "/").split("/")
    if not parts[-1] or not parts[0] or ".." in parts or "\0" in name or max(map(len, parts)) > LONGEST_NAME:
        return None
    for place in places:
        inner = place
        for part in parts[:-1]:
            inner = inner / part
        for suffix in ("",) if _has_suffix(parts[-1]) else SUFFIXES:
            path = inner / f"{parts[-1]}{suffix}"
            if path.is_file():
                return path
    return None
