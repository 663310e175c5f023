"""Reading of files that may be anything by now: never waits for a FIFO, and takes no more memory than allowed."""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path

LARGEST = 1 << 28  # 256 MiB


def read_file(path: Path, largest: int = LARGEST, follow: bool = True) -> bytes:
    """Return the content of a regular file; raises OSError for anything else, and above ``largest`` bytes.

    ``follow``: a link to a file is one too.
    """
    with open_regular(path, follow) as file:
        content = file.read(largest + 1) if os.fstat(file.fileno()).st_size <= largest else None
    if content is None or len(content) > largest:  # it may have grown
        raise OSError(errno.EFBIG, f"larger than {largest >> 20} MiB", str(path))
    return content


def read_end(path: Path, n_bytes: int) -> bytes:
    """Return the last bytes of a regular file that is no link; raises OSError."""
    with open_regular(path, follow=False) as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - n_bytes))
        return file.read(n_bytes)


def open_regular(path: Path, follow: bool = True) -> io.BufferedReader:
    """Open a regular file for reading; raises OSError for anything else, without waiting for a FIFO or a device."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        if path.is_symlink():
            raise OSError(errno.EINVAL, "a link to nothing", str(path)) from None
        raise
    except OSError as error:
        if error.errno == errno.ELOOP and not follow:
            raise OSError(errno.EINVAL, "a link", str(path)) from None
        if error.errno == errno.ENXIO:
            raise OSError(errno.EINVAL, "not a regular file", str(path)) from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return os.fdopen(descriptor, "rb")
