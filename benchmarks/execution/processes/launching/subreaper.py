"""``python -m …launching.subreaper PARENT MODULE ARGUMENT…``: runs a module and ends all it leaves.

The module runs in a child process. Linux hands every process whose parent has ended to the nearest subreaper among its
ancestors, which is this process: so no descendant escapes, not even one in a session of its own that cleared its
environment. Whether the module ends by itself, this process is told to end (TERM), or its parent is killed: in the end
there is no descendant left. It ends as the module's process did.
"""

from __future__ import annotations

import contextlib
import os
import resource
import runpy
import select
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any, NoReturn

from benchmarks.common.clock import clock

GRACE_S = 3.0  # between asking a process to end and ending it
LONGEST_S = 10.0  # a process in an uninterruptible system call cannot be ended
LOOK_EVERY_S = 0.02
SET_PDEATHSIG, SET_CHILD_SUBREAPER = 1, 36  # of prctl(2)


class ToldToEndError(BaseException):
    """The bench wants the process to end, or is no longer there."""


def main(parent: int, module: str, arguments: Sequence[str]) -> NoReturn:
    """Run a module to its end, or until told to end; leave as it did."""
    _prctl(SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGTERM, _told_to_end)
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    status, grace_s = 0, 0.0
    try:
        _prctl(SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            raise ToldToEndError
        own = os.getpid()
        child = os.fork()
        if child == 0:
            _run(own, module, arguments)
        status = _status_of(child)
    except ToldToEndError:
        status, grace_s = signal.SIGTERM, GRACE_S
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _end_descendants(grace_s)
    _leave(status)


def _run(parent: int, module: str, arguments: Sequence[str]) -> NoReturn:
    """Be the process of the module."""
    os.setsid()  # so that a signal to a group of its processes never reaches the subreaper
    _prctl(SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    for of_every_process in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(of_every_process, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit(0)


def _status_of(child: int) -> int:
    """Wait for the child, and for all that is handed over in the meantime; return its wait status."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            return status


def _end_descendants(grace_s: float) -> None:
    """End every descendant: TERM to all, KILL to those there after ``grace_s``, until there is none."""
    if not _some_left():
        return
    start = clock()
    if grace_s:
        _signal_descendants(signal.SIGTERM)
        while _some_left() and clock() - start < grace_s:
            select.select([], [], [], LOOK_EVERY_S)
    # some may have been born in between
    while _some_left() and clock() - start < grace_s + LONGEST_S:
        _signal_descendants(signal.SIGKILL)
        select.select([], [], [], LOOK_EVERY_S)


def _some_left() -> bool:
    """Reap what has ended; return whether there is a child, as every orphan below becomes one."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _signal_descendants(number: signal.Signals) -> None:
    """Send a signal to all descendants: by groups first, which those that fork as fast as they can do not outrun."""
    import psutil

    own = os.getpgid(0)
    descendants = [process.pid for process in psutil.Process().children(recursive=True)]
    groups = set()
    for pid in descendants:
        with contextlib.suppress(OSError):
            groups.add(os.getpgid(pid))
    for group in groups - {own}:
        with contextlib.suppress(OSError):
            os.killpg(group, number)
    for pid in descendants:
        with contextlib.suppress(OSError):
            os.kill(pid, number)


def _told_to_end(number: int, frame: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise ToldToEndError


def _leave(status: int) -> NoReturn:
    """End as a process with this wait status did."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with contextlib.suppress(OSError):  # of KILL, which needs none
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _prctl(option: int, value: int) -> None:
    """Set something of this process that only Linux has."""
    if sys.platform == "linux":
        import ctypes

        library: Any = ctypes.CDLL(None, use_errno=True)
        library.prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
