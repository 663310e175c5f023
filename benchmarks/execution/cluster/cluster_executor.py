"""Trials on the machines of a Dask cluster; those of machines that are lost run elsewhere."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec

from benchmarks.catalog.catalog import Catalog
from benchmarks.common.clock import clock
from benchmarks.common.errors import in_one_line
from benchmarks.datasets.spec import Images
from benchmarks.execution.cluster.address import ClusterAddress
from benchmarks.execution.cluster.connection import connected
from benchmarks.execution.cluster.machines import Machine, Machines, Patience
from benchmarks.execution.cluster.messages import Line, MachineLost, MachineTrouble, imported_there
from benchmarks.execution.cluster.order import Order, Reply, suite_hash
from benchmarks.execution.cluster.shared_files import SharedFiles, write_shared_files
from benchmarks.execution.cluster.trial_task import OTHER_VERSION, run_trial, stop_trial
from benchmarks.execution.executor import Ending, RemoteStage
from benchmarks.execution.processes.scratch import scratch_folder
from benchmarks.execution.processes.supervisor import Limits
from benchmarks.execution.progress import Listener
from benchmarks.execution.protocol import Request
from benchmarks.execution.stages.channel import Stage
from benchmarks.provenance.fingerprint import inputs_of, versions_of

if TYPE_CHECKING:
    from distributed import Future

LOOK_S = 0.1
STOP_S = 15.0  # from asking a trial to end until its machine is not waited for
MOST_RUNS = 3  # of a trial: the first, and two elsewhere
MOST_RESTARTS = 5  # of the scheduler, during one trial
MOST_DELIVERIES = 3  # of the same files to the same machine
NOT_SAVED = "models of plug-in files are not saved from other machines; run it without --cluster"
INTERRUPTED = Ending("interrupted", "the run was interrupted", None, 0.0)


@dataclass(frozen=True)
class Share:
    """What one trial gets of its machine; None: all of it, or its part where ``jobs`` trials run at the same time.

    ``cache``: whether feature matrices are cached there.
    """

    threads: int | None
    memory_gb: float | None
    jobs: int
    cache: bool


class SchedulerLost(Exception):
    """The connection to the scheduler broke, and with it all that it knew."""


class Refused(Exception):
    """A machine cannot run the trials of this bench; the message says why."""


@dataclass(frozen=True)
class ClusterExecutor:
    """Has each trial run by a machine of a cluster, and gives each machine one trial at a time."""

    scratch: Path
    line: Line
    shared: SharedFiles
    catalog: Catalog
    share: Share
    on_this_machine: bool
    workers: int = 0
    most_at_once: int = 256
    suite: str = field(default_factory=suite_hash)
    mine: threading.local = field(default_factory=threading.local)

    @property
    def places(self) -> int:
        """How many trials the machines that are there can run at the same time, or will once they have started."""
        return self.workers or max(self.line.machines.places, 1)

    @contextlib.contextmanager
    def turn(self, stop: threading.Event) -> Iterator[None]:
        """Hold a machine for the trial that this thread runs next."""
        self.mine.machine = self.line.machines.acquire(stop)
        try:
            yield
        finally:
            if self.mine.machine:
                self.line.machines.release(self.mine.machine)
                self.mine.machine = None

    def execute(
        self,
        request: Request,
        limits: Limits,
        outputs: Path,
        stop: threading.Event,
        on_stage: Callable[[Stage], None],
    ) -> Ending:
        """Run a trial, as ``Executor.execute`` says; raises ``BenchError`` if the cluster is lost."""
        start, failures, hosts, restarts = clock(), list[str](), set[str](), 0
        while len(failures) < MOST_RUNS and restarts < MOST_RESTARTS:
            machine = self.mine.machine or self.line.machines.acquire(stop, hosts)
            self.mine.machine = machine
            if machine is None:
                return INTERRUPTED
            try:
                ending = self._run_on(machine, request, _left(limits, clock() - start), outputs, stop, on_stage)
                return replace(ending, machine=machine.name)
            except (MachineLost, MachineTrouble) as error:
                machine.troubles += 1
                hosts.add(machine.host)
                failures.append(f"{machine.name}: {error}")
            except SchedulerLost:
                restarts += 1
            except Refused as refused:
                self.line.machines.refuse(machine, str(refused))
            self.line.machines.release(machine)
            self.mine.machine = None
        if restarts == MOST_RESTARTS:
            return Ending("failed", f"the scheduler was lost {restarts} times", None, 0.0)
        return Ending("failed", f"lost on {len(failures)} machines: {'; '.join(failures)}", None, 0.0)

    def _run_on(
        self,
        machine: Machine,
        request: Request,
        limits: Limits,
        outputs: Path,
        stop: threading.Event,
        on_stage: Callable[[Stage], None],
    ) -> Ending:
        """Run a trial on one machine, which is sent what it does not have yet.

        Raises ``MachineLost``, ``MachineTrouble``, ``SchedulerLost`` or ``Refused`` if that does not succeed.
        """

        def tell(stage: Stage) -> None:
            on_stage(RemoteStage(stage.stage, stage.step, stage.steps, stage.figures, machine.name))

        order = self._order(request, limits)
        for _ in range(MOST_DELIVERIES + 1):
            tell(Stage("start"))
            reply = self._reply(machine, order, stop, tell)
            if reply.refused:
                raise Refused(reply.refused)
            if reply.trouble:
                raise MachineTrouble(reply.trouble)
            if reply.ending and reply.ending.status == "interrupted" and not stop.is_set():
                raise MachineLost("its worker was ended")
            if reply.ending:
                return self._with_model(machine, request, reply, reply.ending, outputs)
            tell(Stage("sending the data"))
            self.line.send_files(machine, reply.missing, self.shared.files, stop)
        raise MachineTrouble("files that are sent there do not stay")

    def _reply(self, machine: Machine, order: bytes, stop: threading.Event, tell: Callable[[Stage], None]) -> Reply:
        """Have a machine carry out an order, and wait for what it says."""
        key, stages, done, stopped_at = f"digitbench-{uuid4().hex}", self.line.stages, threading.Event(), None
        try:
            only_there = {"workers": [machine.address], "allow_other_workers": False}
            future = self.line.client.submit(imported_there(run_trial), order, key=key, pure=False, **only_there)
        except Exception as error:  # the client is closed, or about to connect again
            raise SchedulerLost from error
        future.add_done_callback(lambda _: done.set())
        try:
            while not done.wait(LOOK_S):
                if stop.is_set() and stopped_at is None:
                    stopped_at = clock()
                    self.line.call(machine, stop_trial, key)
                if stopped_at is not None and clock() - stopped_at > STOP_S:
                    return Reply(INTERRUPTED)
                self.line.machines.check()
                if why := self.line.machines.why_lost(machine):
                    raise MachineLost(why)
                if stage := stages.get(key):
                    tell(stage)
            return self._result(machine, future)
        except MachineLost:
            if stopped_at is not None:
                return Reply(INTERRUPTED)
            raise
        finally:
            stages.pop(key, None)
            with contextlib.suppress(Exception):  # without a connection the scheduler forgets the task by itself
                future.cancel(force=True)

    def _result(self, machine: Machine, future: Future[Reply]) -> Reply:
        """Return what a machine said at the end of a trial."""
        if future.status in ("cancelled", "lost"):
            raise SchedulerLost
        try:
            return future.result(timeout=self.line.machines.patience.lost_after_s)
        except TimeoutError as error:
            raise MachineLost("its answer cannot be fetched") from error
        except Exception as error:
            if self.line.client.status != "running" or future.status in ("cancelled", "lost"):
                raise SchedulerLost from error
            raise Refused(_advice(error)) from error

    def _with_model(self, machine: Machine, request: Request, reply: Reply, ending: Ending, outputs: Path) -> Ending:
        """Fetch the fitted model of a trial, if it was asked for; return how the trial ended."""
        if reply.model:
            self.line.fetch_model(machine, reply.model, self.scratch, outputs)
        if request.save_model and self._is_of_plugin_file(request) and ending.answer:
            return replace(ending, answer=replace(ending.answer, not_saved=NOT_SAVED))
        return ending

    def _is_of_plugin_file(self, request: Request) -> bool:
        """Return whether a fitted model would name the path that a plug-in file has on another machine."""
        entries = (("MODELS", request.trial.model), ("FEATURES", request.trial.features))
        return bool(self.catalog.plugins_of(*entries))

    def _order(self, request: Request, limits: Limits) -> bytes:
        files, weights = self.shared.needed(request, self.catalog)
        save_model = request.save_model and not self._is_of_plugin_file(request)
        order = Order(
            suite=self.suite,
            inputs=inputs_of(request.trial, self.catalog, ""),
            versions=versions_of(request.trial, self.catalog),
            request=replace(request, save_model=save_model),
            limits=limits,
            threads=self.share.threads,
            memory_gb=self.share.memory_gb,
            jobs=self.share.jobs,
            files=files,
            weights=weights,
            bundle=self.shared.bundle,
            plugins=self.shared.plugins,
            cache=self.share.cache,
            topic=self.line.topic,
        )
        return msgspec.json.encode(order)


@contextlib.contextmanager
def cluster_executor(
    address: ClusterAddress,
    share: Share,
    images: Images,
    hashes: Mapping[str, str],
    catalog: Catalog,
    tell: Listener,
) -> Iterator[ClusterExecutor]:
    """Give an executor whose trials run on a cluster; what is started for it ends with the context.

    Raises ``BenchError`` if there is no such cluster.
    """
    with scratch_folder() as (scratch, cleanup):
        shared = write_shared_files(images, hashes, catalog, scratch)
        with connected(address, scratch, cleanup) as client:
            machines = Machines(_shown(address), share.jobs, _patience(address), tell)
            line = Line(client, machines)
            with contextlib.suppress(Exception):  # a scheduler that has gone again is noticed later
                line.look()
            with line.listening():
                yield ClusterExecutor(scratch, line, shared, catalog, share, address.on_this_machine, address.workers)


def _shown(address: ClusterAddress) -> str:
    return f"{address.text}:{address.workers}" if address.workers else address.text


def _patience(address: ClusterAddress) -> Patience:
    """Return how long machines may be silent, by Dask's configuration; jobs may wait in their queue for days."""
    import dask

    lost_after_s, no_machine_s = (
        dask.utils.parse_timedelta(dask.config.get(f"digitbench.{name}", default))
        for name, default in (("lost-after", Patience.lost_after_s), ("no-machine", Patience.no_machine_s))
    )
    return Patience(lost_after_s, float("inf") if address.kind in ("file", "class") else no_machine_s)


def _left(limits: Limits, gone_s: float) -> Limits:
    """Return the limits of a trial that runs again: with ``--max-minutes`` it does not get more time than at first."""
    if limits.when_out_of_time[1] != "--max-minutes":
        return limits
    return replace(limits, timeout_s=max(limits.timeout_s - gone_s, 1.0))


def _advice(error: BaseException) -> str:
    """Say what to do about an error that came before the suite's own code ran on a machine."""
    if isinstance(error, ModuleNotFoundError) and error.name == "benchmarks":
        return "it does not find digitbench: start its worker in a checkout, with 'python -m dask worker'"
    if isinstance(error, ModuleNotFoundError) and str(error.name).startswith("benchmarks."):
        return OTHER_VERSION
    return f"it cannot run trials: {in_one_line(error)}"
