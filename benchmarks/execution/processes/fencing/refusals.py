"""What the fence refused, in words: a model's author sees an error of the system and not why there is one."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from benchmarks.common.errors import LONGEST_REASON, in_one_line

LONGEST_CHAIN = 20
FILES = (
    "the fence around models closes it (docs/security.md): data go into a package beside the plug-in, other files into "
    "the current folder"
)
NETWORK = "models have no network without --allow-network (docs/security.md)"
PROCESSES = "joblib's processes end behind the fence: use joblib's threads, backend='threading' (docs/security.md)"


def reason_of(error: BaseException) -> str:
    """Return an error in one line, as ``in_one_line`` does, and what to do where it was the fence that refused."""
    told, hint = in_one_line(error), ""
    with contextlib.suppress(BaseException):  # the class of an error may be anyone's
        hint = next(filter(None, map(_hint, _chain(error))), "")
    return f"{told[: LONGEST_REASON - len(hint) - 2]}; {hint}" if hint else told


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that led to it, as libraries raise errors of their own."""
    for _ in range(LONGEST_CHAIN):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _hint(error: BaseException) -> str:
    if isinstance(error, PermissionError) and isinstance(error.filename, str | bytes):
        return FILES if _is_closed(Path(os.fsdecode(error.filename))) else ""
    if type(error).__name__ == "TerminatedWorkerError":  # of joblib, which may not be installed
        return PROCESSES if _is_closed(Path("/proc/1/stat")) else ""
    # without sockets no name of a host is found
    lacks_sockets = isinstance(error, socket.gaierror) or (isinstance(error, OSError) and error.errno == errno.EACCES)
    return NETWORK if lacks_sockets and not _has_sockets() else ""


def _is_closed(path: Path) -> bool:
    """Return whether a file or folder cannot be used although the modes and owners would let this user.

    ``os.access`` asks for these alone: Landlock has no say in it.
    """
    if not os.path.lexists(path):
        return os.access(path.parent, os.W_OK)
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    except PermissionError:
        return os.access(path, os.R_OK)
    return os.access(path, os.W_OK)


def _has_sockets() -> bool:
    try:
        socket.socket().close()
    except PermissionError:
        return False
    return True
