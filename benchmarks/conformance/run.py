"""``bench.py check``: runs the checks in subprocesses with limits, and prints the results."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO

import psutil

from benchmarks.catalog.catalog import Catalog, load_catalog
from benchmarks.catalog.selection import Choice, plan
from benchmarks.catalog.spec_validation import Spec
from benchmarks.common.clock import clock
from benchmarks.common.dependencies import how_to_install, missing_modules
from benchmarks.common.errors import BenchError
from benchmarks.conformance.checks import CheckResult, Status
from benchmarks.conformance.worker import UNAVAILABLE, CheckRequest
from benchmarks.datasets.spec import DataPlaces, Dataset
from benchmarks.execution.processes.orphan_cleanup import Guard
from benchmarks.execution.processes.process_tree import end_tree, rss_mb, tree
from benchmarks.execution.processes.worker_process import (
    LOG,
    LOOK_EVERY_S,
    Limits,
    how_it_ended,
    limit_passed,
    worker_environment,
)
from models.spec import ModelSpec, Unavailable

ALL_PASSED, SOME_FAILED = 0, 1
STARTUP_TIMEOUT_S = 120.0
MARKS = {"passed": "✓", "failed": "✗", "info": "–"}


@dataclass(frozen=True)
class CheckRun:
    """The checks of ``target``, a name or a plug-in file; ``limits`` apply to each check."""

    target: str
    plugins: Sequence[Path]
    places: DataPlaces
    limits: Limits

    def execute(self) -> int:
        """Print the results for everything that ``target`` names; return the exit code. Raises ``BenchError``."""
        catalog, requests = self._requests()
        failed = [self._report(request, catalog) for request in requests]
        return SOME_FAILED if any(failed) else ALL_PASSED

    def _requests(self) -> tuple[Catalog, list[CheckRequest]]:
        path = Path(self.target)
        if path.suffix == ".py":
            return self._requests_for_file(path)
        catalog = load_catalog(self.plugins, refuse_faults=False)
        template = self._template(catalog)
        if self.target in catalog.features:
            return catalog, [replace(template, kind="features", name=self.target)]
        if self.target in catalog.datasets:
            return catalog, [replace(template, kind="dataset", name=self.target)]
        trials = plan(Choice(self.target), catalog, "tiny digits", 0)
        first = {trial.model: replace(template, name=trial.model, settings=trial.params) for trial in reversed(trials)}
        return catalog, list(reversed(first.values()))

    def _requests_for_file(self, path: Path) -> tuple[Catalog, list[CheckRequest]]:
        if not path.is_file():
            raise BenchError(f"{path}: there is no such file")
        before = load_catalog(self.plugins, refuse_faults=False)
        catalog = load_catalog([*self.plugins, path], refuse_faults=False)
        template = self._template(catalog)
        return catalog, [
            *(replace(template, name=name) for name in catalog.models if name not in before.models),
            *(
                replace(template, kind="features", name=name)
                for name in catalog.features
                if name not in before.features
            ),
            *(replace(template, kind="dataset", name=name) for name in catalog.datasets if name not in before.datasets),
        ]

    def _template(self, catalog: Catalog) -> CheckRequest:
        places = tuple(str(folder.absolute()) for folder in (*self.places.folders, self.places.cache))
        return CheckRequest("model", "", tuple(map(str, catalog.plugins)), places, {})

    def _report(self, request: CheckRequest, catalog: Catalog) -> bool:
        """Print the results for one subject; return whether a check failed or could not be run."""
        print(_title(request, catalog), flush=True)
        found: list[Status] = []
        try:
            if why_not := _missing_libraries(request.spec_in(catalog), catalog):
                raise Unavailable(why_not)
            for result in results(request, self.limits):
                found.append(result.status)
                message = f": {result.message}" if result.message else ""
                print(f"  {MARKS[result.status]} {result.name}{message}", flush=True)
        except Unavailable as missing:
            print(f"  cannot be checked here: {missing}")
            return True
        print(f"  {_summary(found, len(request.checks))}", flush=True)
        return "failed" in found


def results(request: CheckRequest, limits: Limits) -> Iterator[CheckResult]:
    """Yield the result of each check of a subject.

    A check that exceeds a limit or ends its process fails; the following ones run in a new process. After a failed
    essential check no others are run. Raises ``Unavailable``.
    """
    at = request.start
    while at < len(request.checks):
        for result in _from_one_process(replace(request, start=at), limits):
            yield result
            at += 1
            if result.status == "failed" and request.checks[at - 1].essential:
                return


def _from_one_process(request: CheckRequest, limits: Limits) -> Iterator[CheckResult]:
    """Yield the results of one process, up to the check that hung or ended it."""
    with tempfile.TemporaryDirectory(prefix="digitbench-") as name:
        folder = Path(name)
        guard = Guard(folder)
        with (folder / LOG).open("wb") as log:
            process = psutil.Popen(
                [sys.executable, "-m", "benchmarks.conformance.worker", json.dumps(asdict(request))],
                cwd=folder,
                env=worker_environment(limits.threads),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                bufsize=0,
                start_new_session=True,
            )
        guard.started(process.pid)
        try:
            yield from _read(request, process, folder / LOG, limits)
        finally:
            end_tree(process)
            guard.ended(process.pid)
            guard.close()


def _read(request: CheckRequest, process: psutil.Popen, log: Path, limits: Limits) -> Iterator[CheckResult]:
    stream: IO[bytes] = process.stdout
    # the startup of the process does not count as time of a check
    if too_long := _wait(stream, process, replace(limits, timeout_s=STARTUP_TIMEOUT_S)):
        yield request.checks[request.start].failure(f"its process did not start: {too_long}")
        return
    stream.readline()
    for check in request.checks[request.start :]:
        if ended_for := _wait(stream, process, limits):
            yield check.failure(ended_for)
            return
        line = stream.readline()
        if not line:
            yield check.failure(how_it_ended(process.wait(), log))
            return
        reported = json.loads(line)
        if UNAVAILABLE in reported:
            raise Unavailable(reported[UNAVAILABLE])
        yield CheckResult(**reported)


def _wait(stream: IO[bytes], process: psutil.Popen, limits: Limits) -> str:
    """Wait for a line of output; return the reason if the process exceeds a limit first."""
    start, never = clock(), threading.Event()
    while not select.select([stream], [], [], LOOK_EVERY_S)[0]:
        if passed := limit_passed(clock() - start, rss_mb(tree(process)), limits, never):
            return passed[1]
    return ""


def _title(request: CheckRequest, catalog: Catalog) -> str:
    spec = request.spec_in(catalog)
    if not isinstance(spec, ModelSpec):
        return f"{spec.name}, a {'dataset' if isinstance(spec, Dataset) else 'feature pipeline'}"
    settings = ",".join(f"{name}={value}" for name, value in request.settings.items())
    return f"{spec.name}{f'[{settings}]' if settings else ''}, a model, on tiny digits"


def _missing_libraries(spec: Spec, catalog: Catalog) -> str:
    """Return which libraries are missing and how to install them; empty if none are, or if the spec is invalid."""
    if catalog.faults_of(spec):
        return ""
    needed = list(spec.requires)
    if isinstance(spec, ModelSpec):
        needed += catalog.features[spec.features[0]].requires
    return how_to_install(missing_modules(needed))


def _summary(found: Sequence[Status], n_checks: int) -> str:
    n_failed, n_left = found.count("failed"), n_checks - len(found)
    return f"{found.count('passed')} passed, {n_failed} failed" + (f", {n_left} not run" if n_left else "")
