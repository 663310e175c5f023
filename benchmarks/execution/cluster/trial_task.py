"""A trial on a machine of the cluster: what Dask calls there. Supervisor and processes are those of a local run."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
import psutil

from benchmarks.common.errors import BenchError, in_one_line
from benchmarks.execution.cluster.file_cache import missing_files
from benchmarks.execution.cluster.order import Order, Reply, SavedModelFile, suite_hash, suite_of
from benchmarks.execution.cluster.trial_machine import Kept, TrialMachine, refusal
from benchmarks.execution.executor import Ending
from benchmarks.execution.processes.machine_lock import machine_lock
from benchmarks.execution.processes.supervisor import default_memory_gb
from benchmarks.execution.protocol import SAVED_MODEL
from benchmarks.execution.stages.channel import Stage
from benchmarks.provenance.environment import machine_environment

if TYPE_CHECKING:
    from distributed import Worker

SIGN_EVERY_S = 0.5
LITTLE_SPACE = 2**20  # bytes
NO_SPACE = os.strerror(errno.ENOSPC)
STATES = ("executing", "long-running")  # of a Dask task that somebody still waits for
OTHER_VERSION = "it runs another version of digitbench: update its checkout and restart its worker"
LOADED = suite_hash()  # of the code that this process runs; the files may change later

_machine = TrialMachine()
_running: dict[str, threading.Event] = {}


def run_trial(message: bytes) -> Reply:
    """Run the trial of an order to its end, or say why not. Never raises."""
    from distributed import get_worker

    # Dask sets it for its own memory; a local run's processes do without, and it costs them time
    os.environ.pop("MALLOC_TRIM_THRESHOLD_", None)
    try:
        here = suite_hash()
        if not suite_of(message) == here == LOADED:
            return Reply(refused=OTHER_VERSION)
        order = msgspec.json.decode(message, type=Order)
        if missing := missing_files(order.files):
            return Reply(missing=missing)
        with _signs_of_life(get_worker(), order.topic) as signs, _machine.prepared(order) as kept:
            refused = refusal(order, kept.catalog)
            return Reply(refused=refused) if refused else _carried_out(order, kept, signs)
    except (OSError, BenchError) as error:
        return Reply(trouble=in_one_line(error))
    except Exception as error:  # whatever an order of another version, or a library that is damaged here, raises
        return Reply(refused=f"it cannot run trials: {in_one_line(error)}")


def stop_trial(key: str) -> None:
    """End a trial that runs here; its ending is then sent as that of any other."""
    if key in _running:
        _running[key].set()


@dataclass
class Signs:
    """What is told of a trial while it runs. ``stop`` is set when nobody waits for it any more.

    ``least_free``: the least space, in bytes, that was seen to be left for temporary files.
    """

    stop: threading.Event = field(default_factory=threading.Event)
    stage: Stage = field(default_factory=lambda: Stage("start"))
    least_free: int = 2**60

    def take(self, stage: Stage) -> None:
        self.stage = stage


@contextlib.contextmanager
def _signs_of_life(worker: Worker, topic: str) -> Iterator[Signs]:
    """Tell the bench twice a second where the trial is; have it ended once the bench or the scheduler is gone."""
    signs, key, done = Signs(), str(worker.get_current_task()), threading.Event()

    def tell() -> None:
        while not done.wait(SIGN_EVERY_S):
            if not _is_wanted(worker, key):
                signs.stop.set()
            with contextlib.suppress(OSError):
                signs.least_free = min(signs.least_free, shutil.disk_usage(tempfile.gettempdir()).free)
            with contextlib.suppress(Exception):  # of a worker that is closing
                worker.log_event(topic, {"key": key, "stage": msgspec.json.encode(signs.stage).decode()})

    _running[key] = signs.stop
    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield signs
    finally:
        done.set()
        teller.join()
        del _running[key]


def _is_wanted(worker: Worker, key: str) -> bool:
    """Return whether the bench still waits: Dask cancels the tasks of a client that is gone."""
    task = worker.state.tasks.get(key)
    return task is not None and task.state in STATES and worker.status.name in ("running", "paused")


def _carried_out(order: Order, kept: Kept, signs: Signs) -> Reply:
    threads = order.threads or max(1, _cores() // order.jobs)
    limits = replace(order.limits, threads=threads, memory_gb=order.memory_gb or default_memory_gb(order.jobs))
    outputs = Path(tempfile.mkdtemp(prefix="outputs-", dir=kept.executor.scratch))
    try:
        with _turn(order, kept.executor.scratch, signs) as alone:
            contended = order.jobs > 1 or not alone
            request = replace(order.request, threads=threads, contended=contended)
            ending = kept.executor.execute(request, limits, outputs, signs.stop, signs.take)
        if ending.status == "failed" and _disk_was_full(ending, signs):
            return Reply(trouble=f"{NO_SPACE} for temporary files")
        ending = replace(_with_machine(ending, contended), threads=threads)
        return Reply(ending, _packed_model(outputs, kept.executor.scratch))
    finally:
        shutil.rmtree(outputs, ignore_errors=True)


def _cores() -> int:
    """Return how many cores this process may use: a job of a queueing system seldom has all of its machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def _turn(order: Order, scratch: Path, signs: Signs) -> Iterator[bool]:
    """Wait until nothing else of this user measures on this machine; give whether that is so.

    A process that is stopped (SIGSTOP) is not waited for.
    """
    if order.jobs > 1:
        yield False
        return
    held_up = threading.Event()

    def waits(holder: str) -> None:
        signs.stage = Stage("waiting for another run there")
        if _is_stopped(holder):
            held_up.set()

    with machine_lock(scratch, lambda: signs.stop.is_set() or held_up.is_set(), waits):
        yield not held_up.is_set()


def _is_stopped(holder: str) -> bool:
    found = re.match(r"process (\d+)", holder)
    try:
        return found is not None and psutil.Process(int(found[1])).status() == psutil.STATUS_STOPPED
    except psutil.Error:
        return False


def _disk_was_full(ending: Ending, signs: Signs) -> bool:
    """Return whether a trial failed because its machine had no space left."""
    said = NO_SPACE in ending.reason or NO_SPACE.encode() in ending.log
    return said or signs.least_free < LITTLE_SPACE


def _with_machine(ending: Ending, contended: bool) -> Ending:
    """Return an ending that names this machine, and says whether something else ran on it."""
    ending = replace(ending, environment=machine_environment())
    answer = ending.answer
    if answer is None or answer.measurement is None:
        return ending
    timing = replace(answer.measurement.timing, contended=contended)
    return replace(ending, answer=replace(answer, measurement=replace(answer.measurement, timing=timing)))


def _packed_model(outputs: Path, scratch: Path) -> SavedModelFile | None:
    """Put the fitted model, if there is one, into a file that the bench can fetch."""
    if not (outputs / SAVED_MODEL).is_dir():
        return None
    path = scratch / f"model-{uuid4().hex}.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(outputs / SAVED_MODEL, SAVED_MODEL)
    return SavedModelFile(str(path), path.stat().st_size)
