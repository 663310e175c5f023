"""Tables with a label and a pixel in each column, as Kaggle has them in CSV."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.idx import read_uncompressed
from benchmarks.datasets.readers.raw_images import Part, Source, part_of_arrays, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LABEL_COLUMNS = ("label", "class", "target", "y")  # the first of these that there is, whatever the case


def label_column(columns: Sequence[str]) -> int | None:
    """Return which column holds the labels, by its name; None if none says so."""
    lower = [column.strip().lower() for column in columns]
    return next((lower.index(name) for name in LABEL_COLUMNS if name in lower), None)


def read_csv(paths: Sequence[Path]) -> Source:
    """Return the table of one CSV file, gzipped or not, or of two: to learn from and to test with.

    A first line of names is optional; without one the label comes first. Raises ``BenchError``.
    """
    checksums: list[tuple[str, str]] = []
    parts = [_read_file(path, checksums) for path in paths]
    return Source(parts[0], parts[1] if len(parts) > 1 else None, tuple(checksums))


def _read_file(path: Path, checksums: list[tuple[str, str]]) -> Part:
    content = read_uncompressed(path)
    checksums.append((path.name.removesuffix(".gz"), hashlib.sha256(content).hexdigest()))
    labels: list[str | float] = []
    pixels: list[Sequence[float]] = []
    try:
        for number, label, fields in _rows(content, path):
            labels.append(label)
            pixels.append(_pixels(fields, f"{path}: line {number}"))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BenchError(f"{path} is no CSV file that can be read ({error})") from error
    if not labels:
        raise BenchError(f"{path}: there are no images in it")
    return part_of_arrays(_as_array(pixels), words(labels, str(path)), str(path))


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
                raise BenchError(f"{path}: the first line has no commas; it should be a label and pixels")
            if _is_heading(row):
                at = _label_column(row, path)
                continue
        if len(row) != n_fields:
            raise BenchError(f"{path}: line {reader.line_num} has {len(row)} fields but the first has {n_fields}")
        yield reader.line_num, _as_number(row[at]), row[:at] + row[at + 1 :]


def _is_heading(row: Sequence[str]) -> bool:
    """Say whether a first line holds names: its last two fields, one of which is a pixel, are no numbers."""
    return not any(_is_number(field) for field in row[-2:])


def _label_column(names: Sequence[str], path: Path) -> int:
    at = label_column(names)
    if at is None:
        raise BenchError(
            f"{path} has no column named 'label'; a table to be scored needs one (it has: {names[0]}, {names[1]}…)"
        )
    return at


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _as_number(label: str) -> str | float:
    """Return a label that is a number as one: ``3.0`` is 3, and -1 is no word."""
    return float(label) if _is_number(label) and not label.strip().isdecimal() else label


def _pixels(fields: Sequence[str], name: str) -> Sequence[float]:
    """Return whole numbers of 0..255 as bytes, or other numbers as floats; raises ``BenchError``."""
    try:
        return bytes(map(int, fields))
    except ValueError:
        pass
    try:
        values = [float(field) for field in fields]
    except ValueError as error:
        raise BenchError(f"{name} has a pixel that is no number ({str(error)[:80]})") from error
    if not all(0 <= value <= 255 for value in values):
        strange = next(value for value in values if not 0 <= value <= 255)
        raise BenchError(f"{name} has a pixel of {strange:g}; pixels are 0 to 255, or 0 to 1")
    return values


def _as_array(rows: Sequence[Sequence[float]]) -> NDArray[Any]:
    import numpy as np

    if all(isinstance(row, bytes) for row in rows):
        joined: NDArray[np.uint8] = np.frombuffer(b"".join(map(bytes, rows)), np.uint8)  # type: ignore[arg-type]
        return joined.reshape(len(rows), -1)
    return np.array([list(row) for row in rows], np.float32)
