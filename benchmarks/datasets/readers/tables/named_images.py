"""Image files and a CSV of their names and labels, as Kaggle's train.csv beside train/."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.archives.data_path import DataPath
from benchmarks.datasets.readers.idx import read_uncompressed
from benchmarks.datasets.readers.image_file import SUFFIXES, read_image
from benchmarks.datasets.readers.image_folder import images_in, subfolders
from benchmarks.datasets.readers.parts import MAX_NAMED, choose_parts, part_of_file, part_of_folder
from benchmarks.datasets.readers.raw_images import RawDataset, RawSplit, joined, label_names, shown_path
from benchmarks.datasets.readers.tables.csv_text import CsvText
from benchmarks.datasets.readers.tables.table_columns import LABEL_COLUMNS, named_label, shown_names
from benchmarks.datasets.spec import ReadingOptions

MOST_COLUMNS = 64  # a table of more is one of pixels
LONGEST_NAME = 255  # characters; systems refuse to look for a longer one
LABELS = (
    *LABEL_COLUMNS,
    *("class_id", "classid", "class_name", "category", "breed", "species", "diagnosis", "emotion"),
)


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
        found = named_label(self.heading, options, str(self.path), LABELS)
        if found is None and len(self.heading) == 2:
            found = 1 - self.column
        return None if found == self.column else found


def labels_by_names(folder: DataPath, files: Sequence[DataPath]) -> list[NameTable]:
    """Return the tables among some files that name images in a folder; none if the images are in class folders."""
    if _is_sorted_by_class(folder):
        return []
    return [table for path in files if (table := _name_table(path, folder))]


def _is_sorted_by_class(folder: DataPath) -> bool:
    parts = [place for place in subfolders(folder) if part_of_folder(place.name)]
    if parts:
        return all(subfolders(place) for place in parts)
    return sum(1 for place in subfolders(folder) if next(images_in(place), None)) > 1


def _name_table(path: DataPath, folder: DataPath) -> NameTable | None:
    """Return a table if its first row, or the one below its heading, has the name of an image file."""
    places = _places(path, folder)
    if not any(next(images_in(place), None) for place in places):
        return None
    content = read_uncompressed(path)
    rows = CsvText.of(content, path).rows()
    first, second = next(rows, None), next(rows, None)
    if not first or not second or not 2 <= len(first[1]) == len(second[1]) <= MOST_COLUMNS:
        return None
    below = [second, *rows]
    for heading, table in (((), [first, *below]), (first[1], below)):
        names = tuple(name.strip().lower() for name in heading) or ("",) * len(first[1])
        column = _name_column(names, [row for _, row in table], places)
        if column is not None:
            return NameTable(path, names, tuple(table), column, places)
    return None


def _name_column(names: Sequence[str], rows: Sequence[list[str]], places: Sequence[DataPath]) -> int | None:
    """Return the column whose first value is the name of an image: with a suffix if there is one, and no label.

    Numbers may be names of images without a suffix, so that of several columns the one with most values is chosen.
    """
    named = [i for i, field in enumerate(rows[0]) if names[i] not in LABELS and _image(field, places)]

    def likelihood(column: int) -> tuple[bool, int]:
        values = {row[column] for row in rows if column < len(row)}
        return rows[0][column].strip().lower().endswith(SUFFIXES), len(values)

    return max(named, key=likelihood, default=None)


def _places(path: DataPath, folder: DataPath) -> tuple[DataPath, ...]:
    """Return where the images of a table may be: in the folder of its part, beside it, in folders of no other part."""
    part = part_of_file(path.name)
    below = {place: part_of_folder(place.name) for place in subfolders(folder)}
    own = [place for place, of in below.items() if part and of == part]
    others = [place for place, of in below.items() if not part or of is None]
    return tuple(dict.fromkeys((*own, path.parent, folder, *others)))


def _image(name: str, places: Sequence[DataPath]) -> DataPath | None:
    """Return the image file of a name, with or without its suffix; None if there is none."""
    parts = name.strip().replace("\\", "/").split("/")
    if not parts[-1] or not parts[0] or ".." in parts or "\0" in name or max(map(len, parts)) > LONGEST_NAME:
        return None
    has_suffix = parts[-1].lower().endswith(SUFFIXES)
    for place in places:
        inner = place
        for part in parts[:-1]:
            inner = inner / part
        for suffix in ("",) if has_suffix else SUFFIXES:
            path = inner / f"{parts[-1]}{suffix}"
            if path.is_file():
                return path
    return None


def read_named_images(folder: DataPath, tables: Sequence[NameTable], options: ReadingOptions) -> RawDataset:
    """Read the images of each part by the names in its tables. Raises ``BenchError``."""
    labels = {table.path: table.label(options) for table in tables}
    labelled = [table for table in tables if labels[table.path] is not None]
    if not labelled:
        raise BenchError(
            f"{tables[0].path} names images, but which column has their labels is unknown (it has: "
            f"{shown_names(tables[0].heading)}); give --label-column NAME"
        )
    parts = choose_parts([table.path for table in labelled], folder)
    splits: dict[str, RawSplit] = {}
    used: set[str] = set()
    for part, paths in (("train", parts.train), ("validation", parts.validation), ("test", parts.test)):
        for table in labelled:
            if table.path in paths:
                split = _split(table, labels[table.path] or 0, used)
                splits[part] = joined([splits[part], split]) if part in splits else split
    notes = (
        f"labels: of the images that {', '.join(path.name for path in parts.files[:MAX_NAMED])} names",
        *(f"passed over: {table.path.name}, which has no labels" for table in tables if table not in labelled),
        *parts.notes,
        *_unnamed_note(folder, used),
    )
    return RawDataset(splits["train"], splits.get("test"), (), notes, splits.get("validation"))


def _split(table: NameTable, label: int, used: set[str]) -> RawSplit:
    paths: list[DataPath] = []
    missing: list[str] = []
    label_of: dict[str, str] = {}
    n_columns = len(table.heading)
    for number, row in table.rows:
        if len(row) != n_columns:
            raise BenchError(f"{table.path}: line {number} has {len(row)} fields but the first has {n_columns}")
        path = _image(row[table.column], table.places)
        if path is None:
            missing.append(f"line {number}, {row[table.column][:40]!r}")
        elif label_of.setdefault(str(path), row[label]) != row[label]:
            raise BenchError(f"{table.path}: line {number} gives {path.name[:40]} another label than an earlier line")
        else:
            paths.append(path)
    if missing:
        raise BenchError(
            f"{table.path}: {len(missing):,} of its {len(table.rows):,} images are not there (first: {missing[0]}); "
            "add them, or remove their lines"
        )
    used.update(map(str, paths))
    named = label_names([row[label] for _, row in table.rows], str(table.path))
    return RawSplit(named, lambda i: read_image(paths[i], transparent=True), lambda i: shown_path(paths[i]))


def _unnamed_note(folder: DataPath, used: set[str]) -> tuple[str, ...]:
    """Return a note on the images of the folder and those below that no table names."""
    there = [path for place in (folder, *subfolders(folder)) for path in images_in(place)]
    n = sum(str(path) not in used for path in there)
    return (f"passed over: {n:,} images that no table gives a label",) if n else ()
