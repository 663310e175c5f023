"""A process to start, and one that was started: a fresh one, or a fork of a server."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from benchmarks.common.clock import clock
from benchmarks.execution.processes.launching.module_command import module_command

SUBREAPER = "benchmarks.execution.processes.launching.subreaper"
LOOK_EVERY_S = 0.2
UNREAPED_S = 3.0
LONGEST_S = 10.0  # a process that cannot be ended is not waited for any longer
MARK = "DIGITBENCH_PROCESS"  # in the environment of a process and of all that it starts


@dataclass(frozen=True)
class Launch:
    """A module to run in ``folder``, below a subreaper and in a session of its own.

    ``output``: the file descriptor that it prints to; ``channel``: one that it gets under the same number.
    """

    module: str
    arguments: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    output: int
    channel: int | None = None


class Launched(Protocol):
    """A process that was started. ``shared_imports_s``: seconds that its server had spent on imports; None if fresh."""

    @property
    def process(self) -> psutil.Process: ...

    @property
    def shared_imports_s(self) -> float | None: ...

    def has_ended(self, within_s: float) -> bool:
        """Block until the process ends, at most ``within_s``; the system tells, nothing is polled."""
        ...

    def close(self) -> int | None:
        """Wait for its end and return the exit code, or minus the signal that ended it; None if that is not known."""
        ...


class FreshProcess:
    """A Python of its own."""

    shared_imports_s = None

    def __init__(self, launch: Launch) -> None:
        self.process = psutil.Popen(
            module_command(SUBREAPER, str(os.getpid()), launch.module, *launch.arguments),
            cwd=launch.folder,
            env=launch.environment,
            stdin=subprocess.DEVNULL,
            stdout=launch.output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=() if launch.channel is None else (launch.channel,),
        )

    def has_ended(self, within_s: float) -> bool:
        return _has_ended(self.process, within_s)

    def close(self) -> int | None:
        code: int | None = self.process.wait()
        return code


class ForkedProcess:
    """A fork of a server, which writes to the pipe ``status`` how it ended. ``closed`` is called at the end."""

    def __init__(self, pid: int, status: int, shared_imports_s: float, closed: Callable[[], None]) -> None:
        self.process, self.shared_imports_s = psutil.Process(pid), shared_imports_s
        self._status, self._poll, self._closed = status, select.poll(), closed
        self._told, self._is_forgotten = b"", False
        self._poll.register(status, select.POLLIN | select.POLLHUP)

    def has_ended(self, within_s: float) -> bool:
        if self._told or self._is_forgotten:
            return True
        if not self._poll.poll(1000 * within_s):
            # the server is stuck if it does not see this either
            self._is_forgotten = _is_over(self.process) and not self._poll.poll(1000 * UNREAPED_S)
            return self._is_forgotten
        self._told = os.read(self._status, 16)
        # without a word the server has ended, and its processes are about to; nobody may reap them
        return bool(self._told) or _is_over(self.process) or _has_ended(self.process, within_s)

    def close(self) -> int | None:
        latest = clock() + LONGEST_S
        while not self.has_ended(LOOK_EVERY_S) and clock() < latest:
            pass
        os.close(self._status)
        self._closed()
        return int(self._told) if self._told else None


def _is_over(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    return True


def _has_ended(process: psutil.Process, within_s: float) -> bool:
    with contextlib.suppress(psutil.TimeoutExpired):
        process.wait(timeout=within_s)
        return True
    return False
