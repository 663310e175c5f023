"""One worker process and all its descendants, from the start to the end: by itself or by a limit."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psutil

from benchmarks.common.clock import clock
from benchmarks.execution.processes.fence import own_environment
from benchmarks.execution.processes.launching.launch import launch
from benchmarks.execution.processes.launching.process import MARK, Launch, Launched
from benchmarks.execution.processes.orphan_cleanup import OrphanCleanup
from benchmarks.execution.processes.output import OutputPipe
from benchmarks.execution.processes.process_tree import GRACE_S, end_tree, marked
from benchmarks.execution.processes.watching.watch import LOOK_EVERY_S, Watch
from benchmarks.records.trial import Status
from features.pretrained.backend import BACKEND

UNENDING_S = 12.0  # more than the subreaper takes for processes that cannot be ended
LOG_LINES_IN_REASON = 3
# a keras.json of the user could name another backend; TensorFlow tells much that is for its developers
FOR_KERAS = {"KERAS_BACKEND": BACKEND, "TF_CPP_MIN_LOG_LEVEL": "2"}
USUAL_MEMORY_GB = 8.0
SHARE_OF_FREE_MEMORY = 0.8
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)

# Idle threads that spin take the core that the work needs: small problems become ten times slower
# whenever anything else runs on the machine.
SLEEPING_THREADS = {"OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_THREAD_TIMEOUT": "4"}


@dataclass(frozen=True)
class Limits:
    """What one process may use: seconds of wall time, GiB of memory for its process tree, threads.

    ``when_out_of_time``: the status of a trial that takes longer, and the option that says so.
    """

    timeout_s: float
    memory_gb: float
    threads: int
    when_out_of_time: tuple[Status, str] = ("timeout", "--timeout")


@dataclass(frozen=True)
class Outcome:
    """How a supervised process ended. ``ended_for``: the status and the reason, if it was ended by a limit.

    ``peak_rss_mb``: the most memory that its whole tree was seen to hold, a page that several share counted once.
    ``log``: what it printed, of more than 1 MiB the beginning and the end. ``shared_imports_s``: the seconds for which
    libraries had been imported once, for this process and others; None if it imported all by itself.
    """

    ended_for: tuple[Status, str] | None
    exit_code: int | None
    total_s: float
    peak_rss_mb: float
    log: bytes = b""
    shared_imports_s: float | None = None


def supervise(
    command: Sequence[str],
    folder: Path,
    limits: Limits,
    cleanup: OrphanCleanup,
    stop: threading.Event,
    counts_from: Callable[[], float],
    channel: int | None = None,
    preloads: Sequence[str] = (),
) -> Outcome:
    """Run ``python -m command…`` in ``folder`` until it ends, passes a limit, or ``stop`` is set.

    ``counts_from`` is called at each look, five times a second, and says since when, by the clock, the time limit
    counts. ``channel``: a file descriptor that the process gets. ``preloads``: modules that it is to find imported. No
    process that it started is left, not even one in a session of its own, nor its temporary files.
    """
    start, mark = clock(), uuid4().hex
    environment = {**own_environment(worker_environment(limits.threads), folder), MARK: mark}
    watch, printed = Watch(limits.memory_gb), OutputPipe()
    module, *arguments = command
    what = Launch(module, tuple(arguments), folder, environment, printed.writing_end, channel)

    def passed() -> tuple[Status, str] | None:
        return limit_passed(clock() - counts_from(), limits, stop)

    try:
        launched = launch(what, preloads, lambda: not passed())
    except BaseException:
        printed.close()
        raise
    if launched is None:
        return Outcome(passed(), None, clock() - start, 0.0, printed.close())
    printed.started()
    pid = launched.process.pid
    cleanup.started(pid)
    watch.start(pid)
    ended_for = None
    try:
        while ended_for is None and not launched.has_ended(LOOK_EVERY_S):
            ended_for = passed() or watch.fault
        ended_for = ended_for or watch.fault  # of a process that ended by itself just then
    finally:
        _end(launched, watch, mark)
        cleanup.ended(pid)
        watch.free()
        log = printed.close()
        exit_code = launched.close()
    return Outcome(ended_for, exit_code, clock() - start, watch.peak_mb, log, launched.shared_imports_s)


def _end(launched: Launched, watch: Watch, mark: str) -> None:
    """Have the subreaper end all; where it cannot, because it was ended itself, do so from here."""
    with contextlib.suppress(psutil.Error):
        launched.process.terminate()
    if not launched.has_ended(GRACE_S + UNENDING_S):
        end_tree(launched.process, grace_s=0)
    watch.stop()
    if left := {one for one in {*watch.seen, *marked(MARK, mark)} if one.is_running()}:
        end_tree(launched.process, left)


def default_memory_gb(jobs: int) -> float:
    """Return the usual memory limit of a trial in GiB: 8, or its share of what is free now if that is less."""
    free_gb: float = psutil.virtual_memory().available / 2**30
    return min(USUAL_MEMORY_GB, free_gb * SHARE_OF_FREE_MEMORY / jobs)


def worker_environment(threads: int) -> dict[str, str]:
    """Return the environment of a worker: threads set, no hint where the data lies."""
    environment = {name: value for name, value in os.environ.items() if name != "DIGITBENCH_DATA"}
    # absolute, because a worker runs in a folder of its own
    given = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    paths = [str(Path(path).absolute()) for path in given]
    return {
        **environment,
        **dict.fromkeys(THREAD_VARIABLES, str(threads)),
        "PYTHONPATH": os.pathsep.join(paths),
        **SLEEPING_THREADS,
        "PYTHONHASHSEED": "0",
        **FOR_KERAS,
    }


def limit_passed(elapsed_s: float, limits: Limits, stop: threading.Event) -> tuple[Status, str] | None:
    """Return the status of a process that may not go on, and why; None for one that may."""
    if stop.is_set():
        return "interrupted", "the run was interrupted"
    if elapsed_s > limits.timeout_s:
        status, option = limits.when_out_of_time
        return status, f"not done after {limits.timeout_s:.0f} s ({option})"
    return None


def how_it_ended(exit_code: int | None, log: bytes) -> str:
    """Say how a process that left no answer ended, with the last lines of its output."""
    if exit_code is not None and exit_code < 0:
        known = -exit_code in set(signal.Signals)
        name = signal.Signals(-exit_code).name if known else f"signal {-exit_code}"
        why = f"the process was killed by {name}"
        if name == "SIGKILL":
            why += " from outside (the system does this when memory runs out)"
    elif exit_code is None:
        why = "the process that it was forked from was ended"
    else:
        why = f"the process left with exit code {exit_code} before it gave an answer"
    lines = [line for line in log.decode("utf-8", "replace").splitlines() if line.strip()]
    shown = " | ".join(lines[:1] if exit_code == -signal.SIGSEGV else lines[-LOG_LINES_IN_REASON:])
    return f"{why}; last lines of its output: {shown}" if shown else why
