"""Arrays in files with a checksum: whoever reads one sees what was written, or learns that it was changed."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.common.bounded_reading import open_regular
from benchmarks.common.errors import BenchError

if TYPE_CHECKING:
    import numpy as np
    from _typeshed import ReadableBuffer as Buffer
    from numpy.typing import NDArray

N_HEADER = 10  # bytes before the text of the header in a .npy file of version 1
Signature = tuple[int, int, int, int]


class ChangedFileError(BenchError):
    """A file is not what was written: something else changed or deleted it."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"the file {path.name} was changed after the bench had written it")


def write_array(path: Path, array: NDArray[Any]) -> str:
    """Write an array as a .npy file that nobody may write, whole or not at all; return its checksum."""
    import numpy as np

    if array.dtype.hasobject:
        raise ValueError(f"an array of Python objects (type {array.dtype}) cannot be stored")
    contiguous = np.ascontiguousarray(array)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(contiguous))
    body = contiguous.reshape(-1).view(np.uint8).data
    part = path.with_name(f".part-{path.name}")
    part.unlink(missing_ok=True)
    with part.open("xb") as file:
        file.write(header.getbuffer())
        file.write(body)
    part.chmod(0o444)
    os.replace(part, path)
    return checksum(header.getbuffer(), body)


def read_array(path: Path, expected: str) -> NDArray[Any]:
    """Return the array of a .npy file as read-only memory of one's own: a later change of the file reaches it not.

    Raises ``ChangedFileError`` unless the file has this checksum. Only then is it looked at what it holds.
    """
    import numpy as np

    content = _read(path, expected)
    header = io.BytesIO(content[: N_HEADER + int.from_bytes(content[8:N_HEADER].tobytes(), "little")].tobytes())
    np.lib.format.read_magic(header)
    shape, _, dtype = np.lib.format.read_array_header_1_0(header)
    array = content[header.tell() :].view(dtype).reshape(shape)
    array.flags.writeable = False
    return array


def read_bytes(path: Path, expected: str) -> bytes:
    """Return the content of a file; raises ``ChangedFileError`` unless it has this checksum."""
    return _read(path, expected).tobytes()


def _read(path: Path, expected: str) -> NDArray[np.uint8]:
    import numpy as np

    try:
        with open_regular(path, follow=False) as file:
            size = os.fstat(file.fileno()).st_size
            if size != _size_in(expected):  # before so much memory is taken
                raise ChangedFileError(path)
            content = np.empty(size, np.uint8)
            file.readinto(content.data)
    except OSError as error:
        raise ChangedFileError(path) from error
    if checksum(content.data) != expected:
        raise ChangedFileError(path)
    content.flags.writeable = False
    return content


def checksum(*parts: Buffer) -> str:
    """Return the SHA-256 and the size of a content that is given in parts."""
    digest, size = hashlib.sha256(), 0
    for part in parts:
        digest.update(part)
        size += memoryview(part).nbytes
    return _text(digest, size)


def has_checksum(path: Path, expected: str) -> bool:
    """Return whether a file is there and has this checksum."""
    try:
        with open_regular(path, follow=False) as file:
            size = os.fstat(file.fileno()).st_size
            return size == _size_in(expected) and _text(hashlib.file_digest(file, "sha256"), size) == expected
    except OSError:
        return False


def _text(digest: hashlib._Hash, size: int) -> str:
    return f"{digest.hexdigest()}-{size}"


def _size_in(expected: str) -> int:
    return int(expected.partition("-")[2])


def signature(path: Path) -> Signature | None:
    """Return what differs once a file was changed, also where its times were set back; None without a regular file.

    The time of the last change of its inode is set by the system alone.
    """
    try:
        state = path.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(state.st_mode):
        return None
    return state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns
