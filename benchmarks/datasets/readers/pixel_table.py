"""CSV tables with a label column and one column per pixel, as on Kaggle."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.idx import read_uncompressed
from benchmarks.datasets.readers.raw_images import RawDataset, RawSplit, label_names, raw_split_from_arrays

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LABEL_COLUMNS = ("label", "class", "target", "y")  # the first one present, ignoring case


def label_column(columns: Sequence[str]) -> int | None:
    """Return the index of the label column, by its name; None if there is none."""
    lower = [column.strip().lower() for column in columns]
    return next((lower.index(name) for name in LABEL_COLUMNS if name in lower), None)


def read_csv(paths: Sequence[Path]) -> RawDataset:
    """Read the table of one CSV file, gzipped or not, or of two: train and test.

    A header line is optional; without one the label is the first column. Raises ``BenchError``.
    """
    checksums: list[tuple[str, str]] = []
    parts = [_read_file(path, checksums) for path in paths]
    return RawDataset(parts[0], parts[1] if len(parts) > 1 else None, tuple(checksums))


def _read_file(path: Path, checksums: list[tuple[str, str]]) -> RawSplit:
    content = read_uncompressed(path)
    checksums.append((path.name.removesuffix(".gz"), hashlib.sha256(content).hexdigest()))
    labels: list[str | float] = []
    pixels: list[Sequence[float]] = []
    try:
        for number, label, fields in _rows(content, path):
            labels.append(label)
            pixels.append(_pixels(fields, f"{path}: line {number}"))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BenchError(f"{path} is not a readable CSV file ({error})") from error
    if not labels:
        raise BenchError(f"{path}: contains no images")
    return raw_split_from_arrays(_as_array(pixels), label_names(labels, str(path)), str(path))


def _rows(content: bytes, path: Path) -> Iterator[tuple[int, str | float, list[str]]]:
    """Yield the number of each line, its label, and its other fields."""
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline=""))
    at, n_fields = 0, 0
    for row in reader:
        if not row:
            continue
        if not n_fields:
            n_fields = len(row)
            if n_fields < 2:
                raise BenchError(f"{path}: the first line has no commas; expected a label and pixels")
            if _is_header(row):
                at = _label_column(row, path)
                continue
        if len(row) != n_fields:
            raise BenchError(f"{path}: line {reader.line_num} has {len(row)} fields but the first has {n_fields}")
        yield reader.line_num, _as_number(row[at]), row[:at] + row[at + 1 :]


def _is_header(row: Sequence[str]) -> bool:
    """Return whether the first line is a header: its last two fields, one of them a pixel, are not numbers."""
    return not any(_is_number(field) for field in row[-2:])


def _label_column(names: Sequence[str], path: Path) -> int:
    at = label_column(names)
    if at is None:
        raise BenchError(f"{path} has no column named 'label' (it has: {names[0]}, {names[1]}…)")
    return at


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _as_number(label: str) -> str | float:
    """Return a numeric label as a number: ``3.0`` is 3, and -1 is not text."""
    return float(label) if _is_number(label) and not label.strip().isdecimal() else label


def _pixels(fields: Sequence[str], name: str) -> Sequence[float]:
    """Return integers in 0..255 as bytes, other numbers as floats; raises ``BenchError``."""
    try:
        return bytes(map(int, fields))
    except ValueError:
        pass
    try:
        values = [float(field) for field in fields]
    except ValueError as error:
        raise BenchError(f"{name} has a pixel that is not a number ({str(error)[:80]})") from error
    if not all(0 <= value <= 255 for value in values):
        invalid = next(value for value in values if not 0 <= value <= 255)
        raise BenchError(f"{name} has a pixel of {invalid:g}; expected 0 to 255, or 0 to 1")
    return values


def _as_array(rows: Sequence[Sequence[float]]) -> NDArray[Any]:
    import numpy as np

    if all(isinstance(row, bytes) for row in rows):
        joined: NDArray[np.uint8] = np.frombuffer(b"".join(map(bytes, rows)), np.uint8)  # type: ignore[arg-type]
        return joined.reshape(len(rows), -1)
    return np.array([list(row) for row in rows], np.float32)
