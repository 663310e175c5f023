"""IDX, the file format of MNIST and its relatives (LeCun, Cortes & Burges 1998)."""

from __future__ import annotations

import math
import struct
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from benchmarks.common.errors import BenchError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GZIP_MAGIC = b"\x1f\x8b"
BZIP2_MAGIC = b"BZh"
UNSIGNED_BYTES, INTEGERS = 0x08, 0x0C
LARGEST = 2 << 30  # bytes uncompressed; the largest relative of MNIST, EMNIST, holds 0.6 GiB
PIECE = 1 << 20  # bytes read at once: one read of LARGEST would set that much memory aside
MOST_DIMENSIONS = 4  # images with colors; labels have one


def read_uncompressed(path: Path, largest: int = LARGEST) -> bytes:
    """Return a file's content, unpacked where it is packed by gzip or bzip2.

    Raises ``BenchError`` if it cannot be read, is cut short, or unzips to more than ``largest`` bytes.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(3)
        with _opened(path, magic) as stream:
            pieces = _pieces(stream, largest)
    except (OSError, EOFError, zlib.error) as error:
        raise BenchError(f"{path} cannot be read ({error}); fetch it again") from error
    if pieces is None:
        raise BenchError(f"{path} holds more than {largest >> 20} MiB uncompressed; is it what it says?")
    return b"".join(pieces)


def _opened(path: Path, magic: bytes) -> IO[bytes]:
    import bz2
    import gzip

    if magic[:2] == GZIP_MAGIC:
        return cast("IO[bytes]", gzip.open(path))
    return bz2.open(path) if magic == BZIP2_MAGIC else path.open("rb")


def _pieces(stream: IO[bytes], largest: int) -> list[bytes] | None:
    """Return the whole content in pieces; None if it is larger than ``largest`` bytes."""
    pieces: list[bytes] = []
    n_bytes = 0
    while piece := stream.read(PIECE):
        pieces.append(piece)
        n_bytes += len(piece)
        if n_bytes > largest:
            return None
    return pieces


def parse_idx(content: bytes, name: str) -> NDArray[np.uint8]:
    """Return the array that an IDX file of unsigned bytes holds; ``name`` is for messages.

    Raises ``BenchError`` for a wrong magic number, an impossible shape, or a size that differs from the header's.
    """
    return _parse(content, name, UNSIGNED_BYTES, "unsigned bytes", "u1")


def parse_idx_integers(content: bytes, name: str) -> NDArray[np.int32]:
    """Return the array that an IDX file of 32-bit integers holds, as ``parse_idx`` does."""
    return _parse(content, name, INTEGERS, "integers", ">i4").astype("int32")


def _parse(content: bytes, name: str, code: int, kind: str, dtype: str) -> NDArray[Any]:
    import numpy as np

    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != code:
        raise BenchError(f"{name} is no IDX file of {kind}: it begins with {content[:4].hex() or 'nothing'}")
    n_dimensions = content[3]
    if not 1 <= n_dimensions <= MOST_DIMENSIONS:
        raise BenchError(f"{name} is no IDX file of images or labels: it claims to have {n_dimensions} dimensions")
    header_end = 4 + 4 * n_dimensions
    if len(content) < header_end:
        raise BenchError(f"{name} is cut short within its header; fetch it again")
    shape = struct.unpack(f">{n_dimensions}I", content[4:header_end])
    n_bytes = len(content) - header_end
    expected = math.prod(shape) * np.dtype(dtype).itemsize
    if n_bytes != expected:
        raise BenchError(f"{name} should hold {expected} bytes for shape {shape} but holds {n_bytes}; fetch it again")
    try:
        return np.frombuffer(content, dtype, offset=header_end).reshape(shape)
    except ValueError as error:  # of no bytes, but longer along the other axes than numpy can count
        raise BenchError(f"{name} has the impossible shape {shape}; fetch it again") from error
