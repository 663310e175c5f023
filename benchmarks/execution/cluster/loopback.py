"""A Dask cluster of this machine alone, which listens on loopback alone: for trying out, and for tests."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.common.clock import clock
from benchmarks.common.errors import BenchError
from benchmarks.execution.processes.launching.module_command import module_command
from benchmarks.execution.processes.orphan_cleanup import OrphanCleanup

LOOPBACK = "127.0.0.1"
LISTENS = ("--host", LOOPBACK, "--dashboard-address", f"{LOOPBACK}:0")
WORKER = ("--no-nanny", "--nthreads", "1", "--memory-limit", "0")
START_S, LOOK_S, END_S = 120.0, 0.05, 5.0


@contextlib.contextmanager
def loopback_cluster(workers: int, folder: Path, cleanup: OrphanCleanup) -> Iterator[str]:
    """Start a scheduler and workers, which end with the context, or with a bench that is killed; give its address.

    ``folder``: for their files. Raises ``BenchError`` if the scheduler does not start.
    """
    with contextlib.ExitStack() as started:
        found = folder / "scheduler.json"
        scheduler = ("dask_scheduler", "--port", "0", "--scheduler-file", str(found))
        started.enter_context(_process([*scheduler, *LISTENS], folder, cleanup))
        address = _address(found, folder / "dask_scheduler.log")
        for number in range(1, workers + 1):
            name = ("--name", f"local-{number}", "--local-directory", str(folder))
            started.enter_context(_process(["dask_worker", address, *LISTENS, *WORKER, *name], folder, cleanup))
        yield address


@contextlib.contextmanager
def _process(words: Sequence[str], folder: Path, cleanup: OrphanCleanup) -> Iterator[None]:
    """Run one of Dask's programs, with the suite's code where Python finds it."""
    command = module_command(f"distributed.cli.{words[0]}", *words[1:])
    with (folder / f"{words[0]}.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    cleanup.started(process.pid)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        cleanup.ended(process.pid)


def _address(found: Path, log: Path) -> str:
    """Return the address that the scheduler writes once it listens."""
    until = clock() + START_S
    while clock() < until:
        with contextlib.suppress(OSError, ValueError, KeyError):
            return str(json.loads(found.read_text(encoding="utf-8"))["address"])
        threading.Event().wait(LOOK_S)
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
    raise BenchError(f"--cluster local: the scheduler did not start: {' '.join(said)}")
