"""A process and all its descendants: which they are, and how they are ended."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

import psutil

from benchmarks.execution.processes.launching.shared_pages import not_looked_at_mb

MIB = 2**20
GRACE_S = 3.0  # between asking a process to end and ending it


def own_peak_mb() -> float:
    """Return the most resident memory this process has held, in MiB; a fork as if it had imported all by itself.

    Linux's VmHWM is reset when the program starts; ``ru_maxrss`` would begin with the parent's size.
    """
    with contextlib.suppress(OSError):
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
        if found:
            return int(found[1]) / 1024 + not_looked_at_mb()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / MIB if sys.platform == "darwin" else peak / 1024


def tree(process: psutil.Process) -> list[psutil.Process]:
    """Return the process and its descendants; nothing once it has ended."""
    try:
        return [*process.children(recursive=True), process]
    except psutil.Error:
        return []


def marked(variable: str, value: str) -> list[psutil.Process]:
    """Return the processes that have a value in their environment, as all descendants of one that has it do.

    Those whose parent has ended, and who began a session of their own, are no longer in any tree.
    """
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(variable) == value:
                found.append(process)
    return found


def end_tree(process: psutil.Process, seen: Iterable[psutil.Process] = (), grace_s: float = GRACE_S) -> None:
    """End a process that leads a session, and its descendants: TERM to all, KILL to those there after ``grace_s``.

    The process may have ended already; children that it left behind in its session are ended all the same, and so are
    those in sessions of their own that were ``seen`` before.
    """
    members = [*{*tree(process), *seen}]
    for member in members:
        with contextlib.suppress(psutil.Error):
            member.terminate()
    _, alive = psutil.wait_procs(members, timeout=grace_s)
    # a descendant may have been born in between
    for member in {*alive, *(child for survivor in alive for child in tree(survivor))}:
        with contextlib.suppress(psutil.Error):
            member.kill()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=grace_s)
