"""Parquet files with a label and an encoded image in each row, as Hugging Face has them, or a label and pixels."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.common.dependencies import how_to_install
from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.idx import LARGEST
from benchmarks.datasets.readers.image_file import decode_image
from benchmarks.datasets.readers.pixel_table import label_column
from benchmarks.datasets.readers.raw_images import RawDataset, RawSplit, label_names, raw_split_from_arrays

IMAGE_COLUMNS = ("image", "img", "png", "bytes")


def read_parquet(paths: Sequence[Path]) -> RawDataset:
    """Read the table of one file, or of two: train and test. Raises ``BenchError``."""
    parts = [_read_file(path) for path in paths]
    checksums = tuple((path.name, _sha256(path)) for path in paths)
    return RawDataset(parts[0], parts[1] if len(parts) > 1 else None, checksums)


def _read_file(path: Path) -> RawSplit:
    try:
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise BenchError(f"{path}: {how_to_install(['pyarrow'])}") from error
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            groups = range(file.metadata.num_row_groups)
            n_bytes = sum(file.metadata.row_group(i).total_byte_size for i in groups)
            table = file.read() if n_bytes <= LARGEST else None
    except Exception as error:  # decoders raise any exception on broken files
        short = " ".join(str(error).split())[:120]
        raise BenchError(f"{path} is not a readable Parquet file ({short})") from error
    if table is None:
        raise BenchError(f"{path} has {n_bytes >> 20} MiB uncompressed, which is not supported")
    return _part(table, path)


def _part(table: Any, path: Path) -> RawSplit:
    columns: list[str] = table.column_names
    at = label_column(columns)
    if at is None:
        raise BenchError(f"{path} has no column named 'label'; it has: {', '.join(columns[:5]) or 'none'}")
    if not len(table):
        raise BenchError(f"{path}: contains no images")
    labels = label_names(_named(table.column(at).to_pylist(), columns[at], table.schema.metadata, path), str(path))
    for name in IMAGE_COLUMNS:
        if name in columns:
            return _part_of_files(table.column(name).to_pylist(), labels, path)
    return _part_of_pixels([table.column(i) for i in range(len(columns)) if i != at], labels, path)


def _named(labels: list[object], column: str, metadata: dict[bytes, bytes] | None, path: Path) -> list[object]:
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


def _part_of_files(cells: list[Any], labels: tuple[str, ...], path: Path) -> RawSplit:
    """Return the image files in the cells, given as bytes or as {bytes, path}."""
    contents: list[bytes] = []
    for i, cell in enumerate(cells):
        content = cell.get("bytes") if isinstance(cell, dict) else cell
        if not isinstance(content, bytes):
            raise BenchError(f"{path}: row {i} contains no image file, but {str(content)[:20]!r}")
        contents.append(content)

    def name(i: int) -> str:
        return f"{path}: row {i}"

    return RawSplit(labels, lambda i: decode_image(contents[i], name(i)), name)


def _part_of_pixels(columns: list[Any], labels: tuple[str, ...], path: Path) -> RawSplit:
    import numpy as np

    if not columns:
        raise BenchError(f"{path} has labels but no pixels")
    try:
        pixels = np.stack([column.to_numpy() for column in columns], axis=1)
    except (ValueError, TypeError) as error:
        raise BenchError(f"{path}: its columns are not pixels ({error})") from error
    return raw_split_from_arrays(pixels, labels, str(path))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
