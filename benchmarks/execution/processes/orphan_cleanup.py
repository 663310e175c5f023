"""``python -m benchmarks.execution.processes.orphan_cleanup FOLDER``: cleans up after a bench that was killed outright.

The bench keeps the other end of this process's standard input open and writes ``+PID`` for each
worker it starts and ``-PID`` for each that has ended. When it writes ``end``, or the input ends,
however the bench went, the workers that are left are ended and the scratch folder is deleted.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
from pathlib import Path

from benchmarks.common.deletion import delete_tree
from benchmarks.common.paths import ROOT
from benchmarks.execution.processes.launching.module_command import module_command

END = "end"


class OrphanCleanup:
    """The bench's side: starts the process that cleans up, and tells it of workers."""

    def __init__(self, scratch: Path) -> None:
        command = module_command("benchmarks.execution.processes.orphan_cleanup", str(scratch))
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True)
        self._lock = threading.Lock()

    def started(self, pid: int) -> None:
        self._tell(f"+{pid}")

    def ended(self, pid: int) -> None:
        self._tell(f"-{pid}")

    def close(self) -> None:
        """Have the scratch folder deleted, and wait for it."""
        self._tell(END)  # the end of the input would not come where this process was forked meanwhile
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        # without it a bench still runs; only its own sudden death would leave something behind
        with self._lock, contextlib.suppress(BrokenPipeError):
            if self._process.stdin:
                self._process.stdin.write(f"{line}\n".encode())
                self._process.stdin.flush()


def main(scratch: Path) -> None:
    """Wait until the bench has ended, then clean up after it."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    running: set[int] = set()
    for line in sys.stdin:
        if line.strip() == END:
            break
        (running.add if line[0] == "+" else running.discard)(int(line[1:]))
    if running:
        import psutil

        from benchmarks.execution.processes.process_tree import end_tree

        for pid in running:
            with contextlib.suppress(psutil.NoSuchProcess):
                end_tree(psutil.Process(pid), grace_s=1)
    delete_tree(scratch)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
