"""The file of a study's journal: checked before Optuna reads it, and mended where its writer was killed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec

from benchmarks.common.bounded_reading import LARGEST, open_regular
from benchmarks.common.file_lock import file_lock

if TYPE_CHECKING:
    from optuna.storages.journal import JournalFileBackend

BEGINNING = b'{"op_code":'  # of every line that Optuna writes


class DamagedJournalError(Exception):
    """A file is no journal, or holds what no bench writes."""


def check_file(path: Path, largest: int = LARGEST) -> None:
    """Raise ``DamagedJournalError`` unless a file may be a journal; one without anything in it is.

    Never waits for a FIFO or a device. Raises FileNotFoundError where nothing is, and OSError if it cannot be opened.
    """
    try:
        with open_regular(path) as file:
            size, start = os.fstat(file.fileno()).st_size, file.read(len(BEGINNING))
    except (FileNotFoundError, PermissionError):
        raise
    except OSError as error:
        raise DamagedJournalError(error.strerror or str(error)) from error
    if size > largest:
        raise DamagedJournalError(f"larger than {largest >> 20} MiB")
    if not BEGINNING.startswith(start):
        raise DamagedJournalError("it does not begin as a journal does")


def has_lines(path: Path) -> bool:
    """Return whether a journal has a whole line."""
    with open_regular(path) as file:
        return end_of_whole_lines(file) > 0


def backend(path: Path) -> JournalFileBackend:
    """Return Optuna's file of a journal, mended where a bench was killed in the middle of a line.

    Optuna's own locks outlive a bench that is killed by half a minute. Defined in a function, because only who has a
    study imports Optuna.
    """
    from optuna.storages.journal import JournalFileBackend

    class MendedFile(JournalFileBackend):
        def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:  # type: ignore[override]
            check_file(path)
            return super().read_logs(log_number_from)

        def append_logs(self, logs: list[dict[str, Any]]) -> None:
            lines = b"".join(msgspec.json.encode(log) + b"\n" for log in logs)
            with file_lock(path.with_name(f".{path.name}.lock")):
                check_file(path)
                with path.open("r+b") as file:
                    file.truncate(end_of_whole_lines(file))
                    file.seek(0, os.SEEK_END)
                    file.write(lines)
                    file.flush()
                    os.fsync(file.fileno())

    return MendedFile(str(path))


def end_of_whole_lines(file: IO[bytes], look: int = 1 << 16) -> int:
    """Return where the last whole line of a file ends; what follows was being written when its writer was killed."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - look)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
