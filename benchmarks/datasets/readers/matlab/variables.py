"""The variables in a .mat file of MATLAB 4 to 7.2 ("MAT-File Format", The MathWorks).

SciPy's reader allocates whatever sizes a header declares; this one nothing that the file does not hold.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.datasets.readers.idx import LARGEST

if TYPE_CHECKING:
    from numpy.typing import NDArray

Variables = dict[str, Any]  # arrays, and further variables in structures

HEADER = 128
MATRIX, COMPRESSED = 14, 15
TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8", 16: "u1", 17: "u2"}
CELL, STRUCTURE, CHARACTERS = 1, 2, 4
CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
LOGICAL = 0x200
MAX_DIMENSIONS, MAX_DEPTH, MAX_ELEMENTS = 4, 6, 100_000
MATLAB_4 = {0: "f8", 10: "f4", 20: "i4", 30: "i2", 40: "u2", 50: "u1"}


class MatError(ValueError):
    """A file that is no .mat file, damaged, or too large."""


@dataclass
class _Elements:
    """Reads the elements of a piece of a file, one after the other. ``order``: of bytes, < or >."""

    content: memoryview
    order: str
    at: int = 0

    def take(self, n_bytes: int) -> memoryview:
        piece = self.content[self.at : self.at + n_bytes]
        if n_bytes < 0 or len(piece) < n_bytes:
            raise MatError("it is cut short")
        self.at += n_bytes
        return piece

    def integers(self, n: int) -> tuple[int, ...]:
        return struct.unpack(f"{self.order}{n}I", self.take(4 * n))

    def __iter__(self) -> Iterator[tuple[int, memoryview]]:
        while self.at + 8 <= len(self.content):
            yield self.next()

    def next(self) -> tuple[int, memoryview]:
        """Return the type and the content of the next element; short ones are in the eight bytes of the tag."""
        (kind,) = self.integers(1)
        if kind >> 16:
            return kind & 0xFFFF, self.take(4)[: kind >> 16]
        (n_bytes,) = self.integers(1)
        piece = self.take(n_bytes)
        if kind != COMPRESSED:
            self.at += -n_bytes % 8
        return kind, piece


def read_variables(content: bytes) -> Variables:
    """Return the variables of a file; those of other kinds, as sparse matrices, are left out. Raises ``MatError``."""
    if len(content) >= 4 and 0 in content[:4]:
        return _version_4(content)
    if len(content) < HEADER or content[126:128] not in (b"IM", b"MI"):
        raise MatError("it does not begin as one")
    order = "<" if content[126:128] == b"IM" else ">"
    found: Variables = {}
    left = LARGEST
    for kind, piece in _Elements(memoryview(content)[HEADER:], order):
        inner = piece
        if kind == COMPRESSED:
            kind, inner = _Elements(memoryview(_decompressed(piece, left)), order).next()
        left -= len(inner)
        if left < 0:
            raise MatError(f"it has more than {LARGEST >> 20} MiB uncompressed")
        if kind == MATRIX:
            name, value = _matrix(inner, order, 0)
            if value is not None:
                found[name] = value
    return found


def _decompressed(piece: memoryview, largest: int) -> bytes:
    unpacking = zlib.decompressobj()
    content = unpacking.decompress(piece, largest)
    if not unpacking.eof:
        too_large = unpacking.unconsumed_tail or len(content) == largest
        raise MatError(f"it has more than {LARGEST >> 20} MiB uncompressed" if too_large else "it is cut short")
    return content


def _matrix(content: memoryview, order: str, depth: int) -> tuple[str, Any]:
    """Return the name and the value of a variable: an array, variables, or None for other kinds."""
    if not content:
        return "", None
    parts = _Elements(content, order)
    (flags, _), shape = struct.unpack(f"{order}2I", _exactly(parts.next()[1], 8)), _shape(parts.next()[1], order)
    name = bytes(parts.next()[1]).decode("latin-1")
    kind = flags & 0xFF
    if kind == STRUCTURE and math.prod(shape) == 1 and depth < MAX_DEPTH:
        return name, _structure(parts, order, depth)
    if kind == CELL and depth < MAX_DEPTH:
        return name, _texts(parts, math.prod(shape), order, depth)
    if kind == CHARACTERS:
        return name, _characters(*parts.next(), shape, order)
    if kind not in CLASSES or flags & 0x800 or len(shape) > MAX_DIMENSIONS:
        return name, None
    values = _array(*parts.next(), shape, order)
    if values.size * int(CLASSES[kind][1]) > LARGEST:
        raise MatError(f"{name[:20]} has more than {LARGEST >> 20} MiB")
    return name, values.astype("bool" if flags & LOGICAL else CLASSES[kind])


def _exactly(piece: memoryview, n_bytes: int) -> memoryview:
    if len(piece) != n_bytes:
        raise MatError("a variable has no header")
    return piece


def _shape(piece: memoryview, order: str) -> tuple[int, ...]:
    shape = struct.unpack(f"{order}{len(piece) // 4}i", piece[: len(piece) // 4 * 4])
    if len(shape) < 2 or min(shape) < 0:
        raise MatError(f"a variable has the impossible shape {shape[:MAX_DIMENSIONS]}")
    return shape


def _array(kind: int, piece: memoryview, shape: tuple[int, ...], order: str) -> NDArray[Any]:
    import numpy as np

    if kind not in TYPES:
        raise MatError(f"values of an unknown type, {kind}")
    dtype = np.dtype(order + TYPES[kind])
    if len(piece) != math.prod(shape) * dtype.itemsize:
        raise MatError(f"a variable of shape {shape[:MAX_DIMENSIONS]} has {len(piece)} bytes")
    return np.frombuffer(piece, dtype).reshape(shape, order="F")


def _structure(parts: _Elements, order: str, depth: int) -> Variables:
    (longest,) = struct.unpack(f"{order}I", _exactly(parts.next()[1], 4))
    names = bytes(parts.next()[1])
    if not 0 < longest <= len(names):
        return {}
    found: Variables = {}
    for start in range(0, len(names), longest):
        name = names[start : start + longest].partition(b"\0")[0].decode("latin-1")
        kind, piece = parts.next()
        value = _matrix(piece, order, depth + 1)[1] if kind == MATRIX else None
        if value is not None:
            found[name] = value
    return found


def _texts(parts: _Elements, n: int, order: str, depth: int) -> NDArray[Any] | None:
    """Return the texts in a cell array; None if it holds anything else."""
    import numpy as np

    if n > MAX_ELEMENTS:
        return None
    texts = []
    for _ in range(n):
        kind, piece = parts.next()
        value = _matrix(piece, order, depth + 1)[1] if kind == MATRIX else None
        if not isinstance(value, np.ndarray) or value.dtype.kind != "U" or value.size != 1:
            return None
        texts.append(str(value[0]))
    return np.array(texts, dtype="U")


def _characters(kind: int, piece: memoryview, shape: tuple[int, ...], order: str) -> NDArray[Any] | None:
    """Return the rows of a matrix of characters as texts."""
    import numpy as np

    if len(shape) != 2 or kind not in TYPES or not math.prod(shape) or shape[0] > MAX_ELEMENTS:
        return None
    if kind == 16:
        text = bytes(piece).decode("utf-8", "surrogateescape")  # what is no text is no valid label
        codes = np.array(list(text))
    else:
        codes = np.array([chr(code) for code in np.frombuffer(piece, order + TYPES[kind]).tolist() if code >= 0])
    if codes.size != math.prod(shape):
        raise MatError(f"text of shape {shape} has {codes.size} characters")
    return np.array(["".join(row).rstrip() for row in codes.reshape(shape, order="F")], dtype="U")


def _version_4(content: bytes) -> Variables:
    order = "<" if struct.unpack("<I", content[:4])[0] < 5000 else ">"
    found: Variables = {}
    elements = _Elements(memoryview(content), order)
    while elements.at < len(content):
        kind, rows, columns, imaginary, n_name = elements.integers(5)
        digits = kind % 1000
        if kind not in (digits, 1000 + digits) or digits // 10 * 10 not in MATLAB_4 or digits % 10 > 2:
            raise MatError("it does not begin as one")
        name = bytes(elements.take(n_name)).rstrip(b"\0").decode("latin-1")
        dtype = order + MATLAB_4[digits // 10 * 10]
        values = _of_version_4(elements.take(rows * columns * int(dtype[-1])), dtype, (rows, columns))
        if imaginary:
            elements.take(len(values) * int(dtype[-1]))
        elif digits % 10 == 0:
            found[name] = values
    return found


def _of_version_4(piece: memoryview, dtype: str, shape: tuple[int, int]) -> NDArray[Any]:
    import numpy as np

    return np.frombuffer(piece, dtype).reshape(shape, order="F")
