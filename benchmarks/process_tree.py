"""A process and all its descendants: how much memory they hold, and how they are ended."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import sys
from pathlib import Path

import psutil

MIB = 2**20
GRACE_S = 3.0  # between asking a process to end and ending it


def own_peak_mb() -> float:
    """Return the most resident memory this process has held, in MiB.

    Linux's VmHWM starts anew with the program; ``ru_maxrss`` would begin with the parent's size.
    """
    with contextlib.suppress(OSError):
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
        if found:
            return int(found[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / MIB if sys.platform == "darwin" else peak / 1024


def tree_rss_mb(process: psutil.Process) -> float:
    """Return the resident memory of the process and its descendants now, in MiB; 0 once it has ended."""
    total = 0
    for member in _members(process):
        with contextlib.suppress(psutil.Error):
            total += member.memory_info().rss
    return total / MIB


def end_tree(process: psutil.Process, grace_s: float = GRACE_S) -> None:
    """End a process that leads a session, and its descendants: TERM to all, KILL to those there after ``grace_s``.

    The process may have ended already; children that it left behind are ended all the same.
    """
    members = _members(process)
    for member in members:
        with contextlib.suppress(psutil.Error):
            member.terminate()
    _, alive = psutil.wait_procs(members, timeout=grace_s)
    # a descendant may have been born in between
    for member in {*alive, *(child for survivor in alive for child in _members(survivor))}:
        with contextlib.suppress(psutil.Error):
            member.kill()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=grace_s)


def _members(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [*process.children(recursive=True), process]
    except psutil.Error:
        return []
