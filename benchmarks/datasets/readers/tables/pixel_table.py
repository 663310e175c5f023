"""CSV tables with a label column and one column per pixel, as on Kaggle."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import TYPE_CHECKING, Any

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.archives.data_path import DataPath
from benchmarks.datasets.readers.idx import read_uncompressed
from benchmarks.datasets.readers.image_file import SUFFIXES as IMAGE_SUFFIXES
from benchmarks.datasets.readers.labels import are_missing, as_label, label_names
from benchmarks.datasets.readers.parts import Parts, read_note
from benchmarks.datasets.readers.pixel_values import MOST, OVERSHOOT, expected
from benchmarks.datasets.readers.raw_images import RawDataset, RawSplit, check_number, raw_split_from_arrays
from benchmarks.datasets.readers.tables.csv_text import CsvText
from benchmarks.datasets.readers.tables.split_column import add_rows, of_parts, parts_of_rows, told_rows
from benchmarks.datasets.readers.tables.table_columns import (
    Columns,
    index_note,
    is_deduplicated,
    is_heading,
    is_index,
    is_number,
    is_unlabelled,
    matched,
    named_columns,
    named_label,
    shown_names,
)
from benchmarks.datasets.readers.tables.unnamed_columns import unnamed_columns
from benchmarks.datasets.spec import ReadingOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT = ReadingOptions()


@dataclass
class Table:
    """The content of a CSV file, before it is decided which columns are pixels.

    ``texts``: the columns that may not be pixels, by their place; ``pixels``: the others, in a row for each line.
    ``lines``: the line number of each row. ``names``: the heading.
    """

    path: DataPath
    names: tuple[str, ...] = ()
    n_columns: int = 0
    lines: list[int] = field(default_factory=list)
    texts: dict[int, list[str]] = field(default_factory=dict)
    pixels: list[Sequence[float]] = field(default_factory=list)

    def has_names(self, options: ReadingOptions) -> bool:
        """Return whether the label is found by its name; a heading of numbers has no names."""
        named = any(not is_number(name) and not is_index(name) for name in self.names)
        return named or options.label_column in self.names

    def with_rows(self, kept: Sequence[bool]) -> Table:
        """Return the table with only some of its rows."""
        texts = {place: list(compress(values, kept)) for place, values in self.texts.items()}
        lines, pixels = list(compress(self.lines, kept)), list(compress(self.pixels, kept))
        return replace(self, lines=lines, texts=texts, pixels=pixels)

    def has_no_labels(self, options: ReadingOptions) -> bool:
        """Return whether there is a column for labels, and none in it."""
        label = named_label(self.names, options, str(self.path)) if self.has_names(options) else None
        return label is not None and are_missing(self.texts[label])


def read_csv(parts: Parts, options: ReadingOptions = DEFAULT) -> RawDataset:
    """Read the tables of each part, gzipped or not.

    A heading is optional; without one the label is the first column. Columns of further parts are matched to those
    of the training part by name. A part without labels is passed over. Raises ``BenchError``.
    """
    checksums: list[tuple[str, str]] = []
    notes = list(parts.notes)
    train: Columns | None = None
    splits: dict[str, RawSplit] = {}
    used: list[DataPath] = []
    for part, paths in (("train", parts.train), ("validation", parts.validation), ("test", parts.test)):
        for path in paths:
            table = _read_table(path, options, checksums)
            if train and (is_unlabelled(table.names, table.n_columns, train) or table.has_no_labels(options)):
                notes.append(f"passed over: {path.name}, {len(table.lines):,} images without labels")
                continue
            columns = _columns(table, options)
            columns = matched(columns, str(path), train, str(parts.train[0])) if train else columns
            train = train or columns
            notes += [*_mangled_note(table), *index_note(columns, path.name)]
            rows, more = _parts_of_rows(table, columns)
            notes += more
            if rows and columns.label is not None:
                is_told, more = told_rows(rows, table.texts[columns.label], path.name)
                notes += more
                table, rows = table.with_rows(is_told), list(compress(rows, is_told))
            used.append(path)
            add_rows(splits, _split(table, columns, options), part, rows)
    return of_parts(splits, str(parts.train[0]), tuple(checksums), (*read_note(used), *notes))


def _columns(table: Table, options: ReadingOptions) -> Columns:
    path = str(table.path)
    if not table.has_names(options):
        names = () if is_deduplicated(table.names) else table.names
        texts = {place: [value.strip() for value in values] for place, values in table.texts.items()}
        return unnamed_columns(texts, table.n_columns, options, path, names)
    columns = named_columns(table.names, options, path)
    if columns.label is None:
        raise BenchError(
            f"{path} has no column named 'label' (it has: {shown_names(table.names)}); give --label-column NAME"
        )
    return columns


def _parts_of_rows(table: Table, columns: Columns) -> tuple[list[str] | None, tuple[str, ...]]:
    if columns.split is None:
        return None, ()
    return parts_of_rows(table.texts[columns.split], columns.names[columns.split], table.path.name)


def _mangled_note(table: Table) -> tuple[str, ...]:
    if not is_deduplicated(table.names):
        return ()
    return (f"CAREFUL: line 1 of {table.path.name} is an image that pandas took for a heading; it is passed over",)


def _split(table: Table, columns: Columns, options: ReadingOptions) -> RawSplit:
    import numpy as np

    assert columns.label is not None
    labels = label_names(map(as_label, table.texts[columns.label]), str(table.path))
    rest = {place: i for i, place in enumerate(i for i in range(table.n_columns) if i not in table.texts)}
    pixels = _as_array(table.pixels)
    own = [place for place in table.texts if place in columns.pixels]
    if own:
        rows = zip(*(table.texts[place] for place in own), strict=True)
        more = [_pixels(row, f"{table.path}: line {n}", options) for row, n in zip(rows, table.lines, strict=True)]
        rest |= {place: len(rest) + i for i, place in enumerate(own)}
        pixels = np.concatenate([pixels, _as_array(more)], axis=1)
    order = [rest[place] for place in columns.pixels]
    if len(order) > 1 and order != list(range(pixels.shape[1])):
        pixels = pixels[:, order]
    return raw_split_from_arrays(pixels, labels, str(table.path), options)


def _read_table(path: DataPath, options: ReadingOptions, checksums: list[tuple[str, str]]) -> Table:
    content = read_uncompressed(path)
    check_number(content.count(b"\n"), str(path))  # quick; lines may end otherwise, and are counted again
    checksums.append((path.name.removesuffix(".gz"), hashlib.sha256(content).hexdigest()))
    table = Table(path)
    mask: list[bool] = []
    for number, row in _rows(CsvText.of(content, path), table, options):
        table.lines.append(number)
        for place, values in table.texts.items():
            values.append(row[place])
        mask = mask or [place not in table.texts for place in range(table.n_columns)]
        fields = list(compress(row, mask))
        fields = fields[0].split() if len(fields) == 1 else fields  # all pixels in one column, as FER2013 has them
        if table.pixels and len(fields) != len(table.pixels[0]):
            raise BenchError(f"{path}: line {number} has {len(fields)} pixels but the first has {len(table.pixels[0])}")
        table.pixels.append(_pixels(fields, f"{path}: line {number}", options))
    if not table.lines:
        raise BenchError(f"{path}: contains no images")
    return table


def _rows(text: CsvText, table: Table, options: ReadingOptions) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the fields of each line below the heading, which goes into ``table`` first."""
    for number, row in text.rows():
        if not table.n_columns:
            if len(row) < 2:
                raise BenchError(
                    f"{table.path}: the first line has no commas, semicolons or tabs; expected a label and pixels"
                )
            table.n_columns = len(row)
            heading = options.heading and is_heading(row)
            table.names = tuple(name.strip().lower() for name in row) if heading else ()
            table.texts = {place: [] for place in _not_pixels(table, options)}
            if heading:
                continue
        if len(row) != table.n_columns:
            raise BenchError(f"{table.path}: line {number} has {len(row)} fields but the first has {table.n_columns}")
        yield number, row


def _not_pixels(table: Table, options: ReadingOptions) -> list[int]:
    """Return the places of the columns that may hold labels or an index."""
    n = table.n_columns
    if not table.has_names(options):
        return sorted({0, 1, 2, n - 2, n - 1} & set(range(n)))
    columns = named_columns(table.names, options, str(table.path))
    return [i for i in range(n) if i not in columns.pixels]


def _pixels(fields: Sequence[str], name: str, options: ReadingOptions) -> Sequence[float]:
    """Return integers in 0..255 as bytes, other numbers as floats; raises ``BenchError``."""
    try:
        values = bytes(map(int, fields))
    except ValueError:
        return _fractions(fields, name, options)
    return _fractions(fields, name, options) if "_" in "".join(fields) else values


def _fractions(fields: Sequence[str], name: str, options: ReadingOptions) -> Sequence[float]:
    invalid = next((field for field in fields if not is_number(field)), None)
    if invalid is not None and invalid.strip().lower().endswith(IMAGE_SUFFIXES):
        raise BenchError(
            f"{name} names an image file ({invalid[:80]!r}); pass a folder that has the table and its images"
        )
    if invalid is not None:
        raise BenchError(f"{name} has a pixel that is not a number ({invalid[:80]!r})")
    values = array("f", map(float, fields))  # a list of numbers would take eight times as much memory
    low, high = options.pixel_range or (-OVERSHOOT, MOST)  # whether they are fractions the whole table says
    outside = next((value for value in values if not low <= value <= high), None)
    if outside is not None:
        raise BenchError(
            f"{name} has a pixel of {outside:g}; expected {expected(options.pixel_range)}, or remove columns that are "
            "no pixels"
        )
    return values


def _as_array(rows: Sequence[Sequence[float]]) -> NDArray[Any]:
    import numpy as np

    if all(isinstance(row, bytes) for row in rows):
        together: NDArray[np.uint8] = np.frombuffer(b"".join(map(bytes, rows)), np.uint8)  # type: ignore[arg-type]
        return together.reshape(len(rows), len(rows[0]))
    pixels = np.empty((len(rows), len(rows[0])), np.float32)
    for place, row in zip(pixels, rows, strict=True):
        place[:] = np.frombuffer(row, np.uint8 if isinstance(row, bytes) else np.float32)  # type: ignore[call-overload]
    return pixels
