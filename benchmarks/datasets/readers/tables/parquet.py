"""Parquet files with a label and an encoded image in each row, as Hugging Face has them, or a label and pixels."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from benchmarks.common.dependencies import how_to_install
from benchmarks.common.errors import BenchError, short_message
from benchmarks.datasets.readers.archives.data_path import LONGEST_START, DataPath, check_is_content
from benchmarks.datasets.readers.image_file import FURTHER, decode_image, n_further_in
from benchmarks.datasets.readers.labels import are_missing, label_names
from benchmarks.datasets.readers.parts import Parts, read_note
from benchmarks.datasets.readers.raw_images import RawDataset, RawSplit, check_number, raw_split_from_arrays
from benchmarks.datasets.readers.tables.split_column import add_rows, of_parts, parts_of_rows
from benchmarks.datasets.readers.tables.table_columns import Columns, matched, named_columns, shown_names
from benchmarks.datasets.spec import ReadingOptions

if TYPE_CHECKING:
    from io import BufferedIOBase

DEFAULT = ReadingOptions()
LARGEST = 1 << 30  # bytes uncompressed
PIECE, MOST_ROWS = 1 << 29, 1 << 16  # of what is decoded at once: bytes, rows
STORE = "store image files, or a column for each pixel"
IMAGE_COLUMNS = ("image", "img", "images", "png", "bytes", "picture")


@dataclass(frozen=True)
class Table:
    """A table and where its columns are."""

    path: DataPath
    content: Any
    columns: Columns

    def values(self, place: int) -> list[Any]:
        """Return the values of a column that holds one, or a few named ones, in each row; raises ``BenchError``."""
        column = self.content.column(place)
        fields = [column.type.field(i).type for i in range(column.type.num_fields)] or [column.type]
        if any(field.num_fields for field in fields):
            name = shown_names([self.content.column_names[place]])
            raise BenchError(
                f"{self.path}: column {name} holds {str(column.type)[:40]}, no labels and no images; {STORE}"
            )
        try:
            values: list[Any] = column.to_pylist()
        except UnicodeDecodeError as error:
            name = shown_names([self.content.column_names[place]])
            raise BenchError(f"{self.path}: column {name} has text that is not UTF-8; store it as UTF-8") from error
        return values

    def is_unlabelled(self) -> bool:
        """Whether no row has a label; Hugging Face writes -1."""
        label = self.columns.label
        return label is None or are_missing(self.values(label))


def read_parquet(parts: Parts, options: ReadingOptions = DEFAULT) -> RawDataset:
    """Read the tables of each part; a further part without labels is passed over. Raises ``BenchError``."""
    if not options.heading:
        raise BenchError(f"--no-heading is for CSV files, which {parts.train[0]} is not")
    notes = list(parts.notes)
    train: Columns | None = None
    splits: dict[str, RawSplit] = {}
    used: list[DataPath] = []
    for part, paths in (("train", parts.train), ("validation", parts.validation), ("test", parts.test)):
        for path in paths:
            table = _read_file(path, options)
            if train and table.is_unlabelled():
                notes.append(f"passed over: {path.name}, {len(table.content):,} images without labels")
                continue
            split, columns, more = _part(table, train, str(parts.train[0]), options)
            if not train:
                notes += _unused_note(columns, path.name)
            notes += more
            train = train or columns
            rows, more = _parts_of_rows(table)
            notes += more
            used.append(path)
            add_rows(splits, split, part, rows)
    checksums = tuple((path.name, _sha256(path)) for path in parts.files)
    return of_parts(splits, str(parts.train[0]), checksums, (*read_note(used), *notes))


def _parts_of_rows(table: Table) -> tuple[list[str] | None, tuple[str, ...]]:
    column = table.columns.split
    if column is None:
        return None, ()
    return parts_of_rows(table.values(column), table.columns.names[column], table.path.name)


def _read_file(path: DataPath, options: ReadingOptions) -> Table:
    try:
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise BenchError(f"{path}: {how_to_install(['pyarrow'])}") from error
    if not path.is_file():
        raise BenchError(f"{path} is {'no file' if path.exists() else 'not there'}; it cannot be read")
    try:
        with path.open("rb") as start:
            check_is_content(start.read(LONGEST_START), str(path))
        with path.open("rb") as opened, pyarrow.parquet.ParquetFile(opened) as file:
            check_number(file.metadata.num_rows, str(path))
            table = _decoded(file)
    except BenchError:
        raise
    except Exception as error:  # decoders raise any exception on broken files
        short = " ".join(str(error).split())[:120]
        raise BenchError(f"{path} is not a readable Parquet file ({short})") from error
    if table is None:
        raise BenchError(f"{path} has more than {LARGEST >> 20} MiB uncompressed, which is not supported")
    return Table(path, table, named_columns(table.column_names, options, str(path)))


def _decoded(file: Any) -> Any:
    """Return the table in a file; None if it is too large.

    A value that is stored once may stand in every row. So the rows are decoded in pieces, each so small that they fit
    into memory if all are as large as the file's data. What is known of single columns is not asked for: on a broken
    file pyarrow would end the process.
    """
    import pyarrow

    groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
    sizes = [max(group.total_byte_size, 1) for group in groups]
    if sum(sizes) > LARGEST:
        return None
    widths = [_width(_plain(one)) for one in file.schema_arrow.types]
    of_row = sum(widths) if widths and all(widths) else max(sizes, default=1)
    batches, n_bytes = [], 0
    schema = pyarrow.schema([field.with_type(_plain(field.type)) for field in file.schema_arrow])
    schema = schema.with_metadata(file.schema_arrow.metadata)
    for encoded in file.iter_batches(batch_size=max(1, min(PIECE // of_row, MOST_ROWS))):
        batch = encoded.cast(schema) if encoded.schema.types != schema.types else encoded
        n_bytes += batch.nbytes
        if n_bytes > LARGEST:
            return None
        batches.append(batch)
    return pyarrow.Table.from_batches(batches, schema)


def _plain(of_column: Any) -> Any:
    """Return a type without dictionaries, whose values each would be decoded for every row."""
    import pyarrow

    if pyarrow.types.is_dictionary(of_column):
        return of_column.value_type
    if pyarrow.types.is_struct(of_column):
        fields = [of_column.field(i) for i in range(of_column.num_fields)]
        return pyarrow.struct([field.with_type(_plain(field.type)) for field in fields])
    return of_column


def _width(kind: Any) -> int:
    """Return how many bytes a value takes; 0 where they differ."""
    try:
        return max(1, int(kind.bit_width) // 8)
    except ValueError:
        return 0


def _part(
    table: Table, train: Columns | None, train_path: str, options: ReadingOptions
) -> tuple[RawSplit, Columns, tuple[str, ...]]:
    """Return the images of a table, the columns that were used, and notes."""
    path, columns = table.path, table.columns
    if columns.label is None:
        shown = shown_names(table.content.column_names) or "none"
        raise BenchError(f"{path} has no column named 'label'; it has: {shown}; give --label-column NAME")
    if not len(table.content):
        raise BenchError(f"{path}: contains no images")
    name = table.content.column_names[columns.label]
    labels = label_names(_named(table.values(columns.label), name, table.content.schema.metadata, path), str(path))
    image = next((columns.names.index(name) for name in IMAGE_COLUMNS if name in columns.names), None)
    if image is not None:
        others = (*columns.index, *(i for i in columns.pixels if i != image))
        contents = _image_files(table.values(image), path)
        used = replace(columns, pixels=(image,), index=others)
        return _part_of_files(contents, labels, path), used, _further_note(contents, path)
    columns = matched(columns, str(path), train, train_path) if train else columns
    return _part_of_pixels([table.content.column(i) for i in columns.pixels], labels, path, options), columns, ()


def _unused_note(columns: Columns, path: str) -> tuple[str, ...]:
    names = [columns.names[i] for i in columns.index]
    return (f"passed over: columns of {path} that are no pixels: {shown_names(names)}",) if names else ()


def _named(labels: list[object], column: str, metadata: dict[bytes, bytes] | None, path: DataPath) -> list[object]:
    """Return integer labels as class names, if Hugging Face stored those in the metadata."""
    try:
        features = json.loads((metadata or {})[b"huggingface"])["info"]["features"]
        names = features[column]["names"]
    except (KeyError, TypeError, ValueError):
        return labels
    names = list(names.values()) if isinstance(names, dict) else names
    if not isinstance(names, list):
        return labels
    invalid = [label for label in labels if not (isinstance(label, int) and 0 <= label < len(names))]
    if invalid:
        raise BenchError(f"{path}: label {invalid[0]} is out of range; there are class names for 0 to {len(names) - 1}")
    return [names[label] for label in labels if isinstance(label, int)]


def _image_files(cells: list[Any], path: DataPath) -> list[bytes]:
    """Return the image files in the cells, given as bytes or as {bytes, path}."""
    contents: list[bytes] = []
    for i, cell in enumerate(cells):
        content = cell.get("bytes") if isinstance(cell, dict) else cell
        if isinstance(content, list):
            raise BenchError(f"{path}: row {i} holds a list, no image file; {STORE}")
        if not isinstance(content, bytes):
            raise BenchError(f"{path}: row {i} contains no image file, but {str(content)[:20]!r}")
        contents.append(content)
    return contents


def _further_note(contents: list[bytes], path: DataPath) -> tuple[str, ...]:
    n = sum(n_further_in(io.BytesIO(content), path.name) for content in contents)
    return (f"passed over: {n:,} {FURTHER} in {path.name}",) if n else ()


def _part_of_files(contents: list[bytes], labels: tuple[str, ...], path: DataPath) -> RawSplit:
    def name(i: int) -> str:
        return f"{path}: row {i}"

    return RawSplit(labels, lambda i: decode_image(contents[i], name(i), transparent=True), name)


def _part_of_pixels(columns: list[Any], labels: tuple[str, ...], path: DataPath, options: ReadingOptions) -> RawSplit:
    import numpy as np

    if not columns:
        raise BenchError(f"{path} has labels but no pixels")
    if any(column.type.num_fields for column in columns):
        raise BenchError(f"{path} holds lists of pixels in a column; {STORE}")
    try:
        pixels = np.stack([column.to_numpy() for column in columns], axis=1)
    except (ValueError, TypeError) as error:
        raise BenchError(f"{path}: its columns are not pixels ({short_message(error)})") from error
    return raw_split_from_arrays(pixels, labels, str(path), options)


def _sha256(path: DataPath) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(cast("BufferedIOBase", file), "sha256").hexdigest()
