"""What a process prints, read while it runs: of however much, only the beginning and the end are held."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import threading

LARGEST = 1 << 20  # bytes that are kept
HALF = LARGEST // 2
CHUNK = 1 << 20
SET_PIPE_SIZE = 1031  # of fcntl(2), on Linux
LAST_WORDS_S = 1.0  # how long the end of the output is waited for after the process has ended


class Output:
    """The beginning and the end of a stream of bytes, together at most 1 MiB."""

    def __init__(self) -> None:
        self._head, self._tail, self._n_bytes = bytearray(), bytearray(), 0

    def add(self, content: bytes) -> None:
        """Add what was printed next."""
        self._n_bytes += len(content)
        to_head = HALF - len(self._head)
        self._head += content[:to_head]
        self._tail += content[to_head:]
        if len(self._tail) > LARGEST:
            del self._tail[:-HALF]

    def content(self) -> bytes:
        """Return all of it, or its beginning and its end, and between them a line that says what is missing."""
        left_out = self._n_bytes - 2 * HALF
        if left_out <= 0:
            return bytes(self._head + self._tail)
        return b"%b\n... %d bytes left out ...\n%b" % (bytes(self._head), left_out, bytes(self._tail[-HALF:]))


def joined(*outputs: bytes) -> bytes:
    """Return several outputs as one, of very much its beginning and its end."""
    whole = Output()
    for output in outputs:
        whole.add(output)
    return whole.content()


class OutputPipe:
    """A pipe to print into, and the thread that reads it. ``writing_end``: what the process takes as its output."""

    def __init__(self) -> None:
        self._output = Output()
        self._reading_end, self.writing_end = os.pipe()
        with contextlib.suppress(OSError):  # a larger pipe is quicker; not everywhere can one be had
            fcntl.fcntl(self._reading_end, SET_PIPE_SIZE, CHUNK)
        self._stopped, self._stop = os.pipe()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def started(self) -> None:
        """Close this side's writing end: the process has its own by now."""
        os.close(self.writing_end)
        self.writing_end = -1

    def close(self) -> bytes:
        """Return what was printed. A process that has the pipe and cannot be ended is not waited for."""
        if self.writing_end >= 0:
            self.started()
        self._thread.join(LAST_WORDS_S)
        os.write(self._stop, b"x")  # closing it is not enough where this process was forked meanwhile
        os.close(self._stop)
        self._thread.join()
        for descriptor in (self._reading_end, self._stopped):
            os.close(descriptor)
        return self._output.content()

    def _read(self) -> None:
        poll = select.poll()
        for descriptor in (self._reading_end, self._stopped):
            poll.register(descriptor, select.POLLIN | select.POLLHUP)
        while True:
            ready = [descriptor for descriptor, _ in poll.poll()]
            if self._stopped in ready:
                return
            content = os.read(self._reading_end, CHUNK)
            if not content:
                return
            self._output.add(content)
