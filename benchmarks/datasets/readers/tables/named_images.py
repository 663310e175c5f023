"""Image files and tables of their names and labels, beside parts that have class folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import compress

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.archives.data_path import DataPath
from benchmarks.datasets.readers.folders import class_places, images_below
from benchmarks.datasets.readers.image_file import read_image
from benchmarks.datasets.readers.image_folder import PassedOver, notes_of, read_part
from benchmarks.datasets.readers.labels import are_missing, as_label, label_names
from benchmarks.datasets.readers.parts import MAX_NAMED, check_shards, part_of_folder, part_of_table
from benchmarks.datasets.readers.raw_images import RawDataset, RawSplit, shown, shown_path
from benchmarks.datasets.readers.tables.name_table import NameTable
from benchmarks.datasets.readers.tables.split_column import add_rows, of_parts, parts_of_rows, split_column, told_rows
from benchmarks.datasets.readers.tables.table_columns import shown_names
from benchmarks.datasets.spec import ReadingOptions

Known = dict[DataPath, tuple[str, DataPath]]  # the label of each image, and the table that names it


def read_named_images(folder: DataPath, tables: Sequence[NameTable], options: ReadingOptions) -> RawDataset:
    """Read the images of each part by the names in its tables, or else of its class folders. Raises ``BenchError``."""
    labels = {table.path: table.label(options) for table in tables}
    labelled = [table for table in tables if _has_labels(table, labels[table.path])]
    if not labelled:
        raise BenchError(
            f"{tables[0].path} names images, but which column has their labels is unknown (it has: "
            f"{shown_names(tables[0].heading)}); give --label-column NAME"
        )
    used, parts = _with_parts(labelled, folder)
    notes = [f"labels: of the images that {', '.join(table.path.name for table in used[:MAX_NAMED])} names"]
    splits: dict[str, RawSplit] = {}
    known: Known = {}
    for table in used:
        label = labels[table.path] or 0
        told, rows, more = _told(table, label, parts[table.path], folder)
        notes += more
        add_rows(splits, _split(told, label, known), parts[table.path] or "train", rows)
    notes += [f"passed over: {table.path.name}, which has no labels" for table in tables if table not in labelled]
    notes += [f"passed over: {table.path.name}, of no part" for table in labelled if table not in used]
    in_folders = _class_folders(folder, splits, set(known), notes)
    n_unnamed = sum(path not in known and not _is_in(path, in_folders) for path in images_below(folder))
    notes += [f"passed over: {n_unnamed:,} images that no table gives a label"] * bool(n_unnamed)
    return of_parts(splits, str(folder), (), notes)


def _has_labels(table: NameTable, label: int | None) -> bool:
    return label is not None and not are_missing(row[label] for _, row in table.rows if label < len(row))


def _with_parts(tables: Sequence[NameTable], folder: DataPath) -> tuple[list[NameTable], dict[DataPath, str | None]]:
    """Return the tables that are used, and the part of each by its name.

    Where a table or class folders are of the training part, a table that is of no part, and names no images of one, is
    not used. Raises ``BenchError`` for several tables of one part.
    """
    parts = {table.path: part_of_table(table.path, folder) for table in tables}
    has_train = "train" in {*parts.values(), *(part_of_folder(place.name) for place in class_places(folder))}
    used = [table for table in tables if parts[table.path] or not has_train or _names_parts(table, folder)]
    for part in {parts[table.path] for table in used}:
        check_shards(part or "train", [table.path for table in used if parts[table.path] == part], folder)
    return used, parts


def _names_parts(table: NameTable, folder: DataPath) -> bool:
    return split_column(table.heading) is not None or any(_part_of_image(file, folder) for file in table.files)


def _told(
    table: NameTable, label: int, part: str | None, folder: DataPath
) -> tuple[NameTable, list[str] | None, tuple[str, ...]]:
    """Return a table without the rows of a part that has no labels, the part of each row, and notes."""
    rows, notes = _parts_of_rows(table, part, folder)
    if rows is None:
        return table, None, notes
    values = [row[label] if label < len(row) else "" for _, row in table.rows]
    is_told, more = told_rows(rows, values, table.path.name)
    return replace(table, rows=tuple(compress(table.rows, is_told))), list(compress(rows, is_told)), (*notes, *more)


def _parts_of_rows(table: NameTable, part: str | None, folder: DataPath) -> tuple[list[str] | None, tuple[str, ...]]:
    """Return the part of each row, by a column or by the folder of its image, and notes; None if all are of one."""
    column = split_column(table.heading)
    if column is not None and column != table.column:
        values = [row[column] if column < len(row) else "" for _, row in table.rows]
        return parts_of_rows(values, table.heading[column], table.path.name)
    located = [_part_of_image(file, folder) for file in table.files]
    found = set(located)
    if part or found <= {None, "train"}:
        return None, ()
    if None in found:
        raise BenchError(
            f"{table.path} names images in folders of parts, and others that are in none; add a column 'split' to it, "
            "or a table for each part"
        )
    counted = ", ".join(f"{n:,} {of}" for of, n in Counter(located).items())
    notes = (f"parts: by the folders of the images that {table.path.name} names ({counted})",)
    return [of or "" for of in located], notes


def _part_of_image(file: DataPath | None, folder: DataPath) -> str | None:
    """Return the part of the folder that an image is in, if it is one of a part."""
    top, is_below, _ = str(file or "").removeprefix(f"{folder}/").partition("/")
    return part_of_folder(top) if is_below else None


def _is_in(path: DataPath, places: Sequence[DataPath]) -> bool:
    return any(str(path).startswith(f"{place}/") for place in places)


def _split(table: NameTable, label: int, known: Known) -> RawSplit:
    """Return the images of a table, and add them to those that are known. Raises ``BenchError``."""
    paths: list[DataPath] = []
    missing: list[str] = []
    n_columns = len(table.heading)
    for path, (number, row) in zip(table.files, table.rows, strict=True):
        if len(row) != n_columns:
            raise BenchError(f"{table.path}: line {number} has {len(row)} fields but the first has {n_columns}")
        if path is None:
            missing.append(f"line {number}, {shown(row[table.column])[:40]!r}")
        elif (earlier := known.setdefault(path, (row[label], table.path)))[1] != table.path:
            raise BenchError(
                f"{table.path}: line {number} names {path.name[:40]}, as {earlier[1].name} does; remove one"
            )
        elif earlier[0] != row[label]:
            raise BenchError(f"{table.path}: line {number} gives {path.name[:40]} another label than an earlier line")
        else:
            paths.append(path)
    if missing:
        raise BenchError(
            f"{table.path}: {len(missing):,} of its {len(table.rows):,} images are not there (first: {missing[0]}); "
            "add them, or remove their lines"
        )
    named = label_names([as_label(row[label]) for _, row in table.rows], str(table.path))
    return RawSplit(named, lambda i: read_image(paths[i], transparent=True), lambda i: shown_path(paths[i]))


def _class_folders(
    folder: DataPath, splits: dict[str, RawSplit], named: set[DataPath], notes: list[str]
) -> list[DataPath]:
    """Add the parts that have class folders of which no table names an image; return their folders."""
    found: list[DataPath] = []
    passed_over: PassedOver = Counter()
    for place in class_places(folder):
        part = part_of_folder(place.name)
        if part and part not in splits and named.isdisjoint(images_below(place)):
            splits[part] = read_part(place, passed_over)
            notes.append(f"labels: of the images in {shown(place.name)}/ by their class folders")
            found.append(place)
    notes += notes_of(passed_over)
    return found
