"""IDX, the file format of MNIST and its relatives (LeCun, Cortes & Burges 1998)."""

from __future__ import annotations

import io
import math
import struct
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from benchmarks.common.errors import BenchError, short_message
from benchmarks.datasets.readers.archives.data_path import LONGEST_START, DataPath, check_is_content

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GZIP_MAGIC = b"\x1f\x8b"
BZIP2_MAGIC = b"BZh"
UNSIGNED_BYTES, INTEGERS = 0x08, 0x0C
OTHERS = {
    **{0x09: "signed bytes", 0x0B: "integers of 16 bits", INTEGERS: "integers of 32 bits"},
    **{0x0D: "floats of 32 bits", 0x0E: "floats of 64 bits"},
}
LARGEST = 2 << 30  # bytes uncompressed; the largest file read, of EMNIST, has 0.6 GiB
PIECE = 1 << 20  # bytes per read: a single read of LARGEST would allocate that much memory
MAX_DIMENSIONS = 4  # colour images; labels have one


def read_uncompressed(path: DataPath, largest: int = LARGEST) -> bytes:
    """Return a file's content, decompressed if it is gzip or bzip2.

    Raises ``BenchError`` if it cannot be read, is truncated, or decompresses to more than ``largest`` bytes.
    """
    if not path.is_file():  # a FIFO would be waited for, and a device has no end
        raise BenchError(f"{path} is {'no file' if path.exists() else 'not there'}; it cannot be read")
    try:
        with path.open("rb") as file:
            # what is too large as it is, is not read
            if isinstance(path, Path) and path.stat().st_size > largest:
                raise _too_large(str(path), largest)
            return uncompressed(file, str(path), largest)
    except OSError as error:
        raise BenchError(f"{path} cannot be read ({short_message(error)}); download it again") from error


def uncompressed(file: IO[bytes], name: str, largest: int = LARGEST) -> bytes:
    """Return what is in an open file, as ``read_uncompressed`` does; ``name`` is used in messages."""
    try:
        content = _content(_decompressed(file, name), largest)
    except (OSError, EOFError, zlib.error) as error:
        raise BenchError(f"{name} cannot be read ({short_message(error)}); download it again") from error
    if content is None:
        raise _too_large(name, largest)
    return content


def _too_large(name: str, largest: int) -> BenchError:
    return BenchError(f"{name} has more than {largest >> 20} MiB uncompressed, which is not supported")


def _decompressed(file: IO[bytes], name: str) -> IO[bytes]:
    import bz2
    import gzip

    start = file.read(LONGEST_START)
    file.seek(0)
    check_is_content(start, name)
    magic = start[:3]
    if magic[:2] == GZIP_MAGIC:
        return cast("IO[bytes]", gzip.open(file))
    return bz2.open(file) if magic == BZIP2_MAGIC else file


def _content(stream: IO[bytes], largest: int) -> bytes | None:
    """Return the whole content; None if it is larger than ``largest`` bytes."""
    content = io.BytesIO()  # which hands over its bytes without a copy
    while piece := stream.read(PIECE):
        if content.write(piece) and content.tell() > largest:
            return None
    return content.getvalue()


def parse_idx(content: bytes, name: str) -> NDArray[np.uint8]:
    """Return the array in an IDX file of unsigned bytes; ``name`` is used in messages.

    Raises ``BenchError`` for a wrong magic number, an impossible shape, or a size that differs from the header's.
    """
    return _parse(content, name, UNSIGNED_BYTES, "unsigned bytes", "u1")


def parse_idx_integers(content: bytes, name: str) -> NDArray[np.int32]:
    """Return the array in an IDX file of 32-bit integers; see ``parse_idx``."""
    return _parse(content, name, INTEGERS, "integers", ">i4").astype("int32")


def _parse(content: bytes, name: str, code: int, kind: str, dtype: str) -> NDArray[Any]:
    import numpy as np

    if len(content) > 3 and content[:2] == b"\0\0" and content[2] in OTHERS and content[2] != code:
        raise BenchError(f"{name} is an IDX file of {OTHERS[content[2]]}; write it with {kind}, or as .npz")
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != code:
        raise BenchError(f"{name} is not an IDX file of {kind}: it begins with {content[:4].hex() or 'nothing'}")
    n_dimensions = content[3]
    if not 1 <= n_dimensions <= MAX_DIMENSIONS:
        raise BenchError(f"{name} is not an IDX file of images or labels: its header has {n_dimensions} dimensions")
    header_end = 4 + 4 * n_dimensions
    if len(content) < header_end:
        raise BenchError(f"{name} has a truncated header; download it again")
    shape = struct.unpack(f">{n_dimensions}I", content[4:header_end])
    n_bytes = len(content) - header_end
    expected = math.prod(shape) * np.dtype(dtype).itemsize
    if n_bytes != expected:
        raise BenchError(f"{name} should have {expected} bytes for shape {shape} but has {n_bytes}; download it again")
    try:
        return np.frombuffer(content, dtype, offset=header_end).reshape(shape)
    except ValueError as error:  # no bytes, but other axes longer than numpy supports
        raise BenchError(f"{name} has the impossible shape {shape}; download it again") from error
