"""``bench.py check``: has the checks run in processes with a time limit, and prints what came of them."""

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
from benchmarks.conformance.checks import Kept, Verdict
from benchmarks.conformance.worker import UNAVAILABLE, Order
from benchmarks.datasets.spec import DataPlaces, Dataset
from benchmarks.execution.processes.orphan_cleanup import OrphanCleanup
from benchmarks.execution.processes.process_tree import end_tree, rss_mb, tree
from benchmarks.execution.processes.supervisor import (
    LOG,
    LOOK_EVERY_S,
    Limits,
    how_it_ended,
    limit_passed,
    worker_environment,
)
from models.spec import ModelSpec, Unavailable

ALL_HOLD, NOT_ALL_HOLD = 0, 1
START_S = 120.0
MARKS = {"holds": "✓", "broken": "✗", "told": "–"}


@dataclass(frozen=True)
class Checking:
    """What is asked for: ``what`` is a name or a plug-in file, ``limits`` are those of a single check."""

    what: str
    plugins: Sequence[Path]
    places: DataPlaces
    limits: Limits

    def execute(self) -> int:
        """Print the verdicts on all that ``what`` stands for; return the exit code. Raises ``BenchError``."""
        catalog, orders = self._orders()
        broken = [self._report(order, catalog) for order in orders]
        return NOT_ALL_HOLD if any(broken) else ALL_HOLD

    def _orders(self) -> tuple[Catalog, list[Order]]:
        path = Path(self.what)
        if path.suffix == ".py":
            return self._orders_of_file(path)
        catalog = load_catalog(self.plugins, refuse_faults=False)
        blank = self._blank(catalog)
        if self.what in catalog.features:
            return catalog, [replace(blank, kind="features", name=self.what)]
        if self.what in catalog.datasets:
            return catalog, [replace(blank, kind="dataset", name=self.what)]
        trials = plan(Choice(self.what), catalog, "tiny digits", 0)
        first = {trial.model: replace(blank, name=trial.model, settings=trial.params) for trial in reversed(trials)}
        return catalog, list(reversed(first.values()))

    def _orders_of_file(self, path: Path) -> tuple[Catalog, list[Order]]:
        if not path.is_file():
            raise BenchError(f"{path}: there is no such file")
        before = load_catalog(self.plugins, refuse_faults=False)
        catalog = load_catalog([*self.plugins, path], refuse_faults=False)
        blank = self._blank(catalog)
        return catalog, [
            *(replace(blank, name=name) for name in catalog.models if name not in before.models),
            *(replace(blank, kind="features", name=name) for name in catalog.features if name not in before.features),
            *(replace(blank, kind="dataset", name=name) for name in catalog.datasets if name not in before.datasets),
        ]

    def _blank(self, catalog: Catalog) -> Order:
        places = tuple(str(folder.absolute()) for folder in (*self.places.folders, self.places.cache))
        return Order("model", "", tuple(map(str, catalog.plugins)), places, {})

    def _report(self, order: Order, catalog: Catalog) -> bool:
        """Print the verdicts on one subject; say whether something does not hold, or cannot be found out."""
        print(_title(order, catalog), flush=True)
        found: list[Kept] = []
        try:
            if why_not := _lacking(order.spec_in(catalog), catalog):
                raise Unavailable(why_not)
            for verdict in verdicts(order, self.limits):
                found.append(verdict.kept)
                remark = f": {verdict.remark}" if verdict.remark else ""
                print(f"  {MARKS[verdict.kept]} {verdict.promise}{remark}", flush=True)
        except Unavailable as missing:
            print(f"  cannot be checked here: {missing}")
            return True
        print(f"  {_counted(found, len(order.checks))}", flush=True)
        return "broken" in found


def verdicts(order: Order, limits: Limits) -> Iterator[Verdict]:
    """Yield the verdict of each check of a subject.

    A check that passes a limit, or ends its process, is not kept; the ones after it run in
    a new process. An essential one that is not kept is the last. Raises ``Unavailable``.
    """
    at = order.start
    while at < len(order.checks):
        for verdict in _from_one_process(replace(order, start=at), limits):
            yield verdict
            at += 1
            if verdict.kept == "broken" and order.checks[at - 1].essential:
                return


def _from_one_process(order: Order, limits: Limits) -> Iterator[Verdict]:
    """Yield the verdicts of one process, to the end or to the check that hung or ended it."""
    with tempfile.TemporaryDirectory(prefix="digitbench-") as name:
        folder = Path(name)
        guard = OrphanCleanup(folder)
        with (folder / LOG).open("wb") as log:
            process = psutil.Popen(
                [sys.executable, "-m", "benchmarks.conformance.worker", json.dumps(asdict(order))],
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
            yield from _read(order, process, folder / LOG, limits)
        finally:
            end_tree(process)
            guard.ended(process.pid)
            guard.close()


def _read(order: Order, process: psutil.Popen, log: Path, limits: Limits) -> Iterator[Verdict]:
    answers: IO[bytes] = process.stdout
    # the time of a check does not include the start of its process
    if too_long := _wait(answers, process, replace(limits, timeout_s=START_S)):
        yield order.checks[order.start].not_kept(f"its process did not start: {too_long}")
        return
    answers.readline()
    for check in order.checks[order.start :]:
        if ended_for := _wait(answers, process, limits):
            yield check.not_kept(ended_for)
            return
        line = answers.readline()
        if not line:
            yield check.not_kept(how_it_ended(process.wait(), log.read_bytes()))
            return
        said = json.loads(line)
        if UNAVAILABLE in said:
            raise Unavailable(said[UNAVAILABLE])
        yield Verdict(**said)


def _wait(answers: IO[bytes], process: psutil.Popen, limits: Limits) -> str:
    """Block until there is an answer; say why if the process passes a limit before."""
    start, never = clock(), threading.Event()
    while not select.select([answers], [], [], LOOK_EVERY_S)[0]:
        if passed := limit_passed(clock() - start, rss_mb(tree(process)), limits, never):
            return passed[1]
    return ""


def _title(order: Order, catalog: Catalog) -> str:
    spec = order.spec_in(catalog)
    if not isinstance(spec, ModelSpec):
        return f"{spec.name}, a {'dataset' if isinstance(spec, Dataset) else 'feature pipeline'}"
    settings = ",".join(f"{name}={value}" for name, value in order.settings.items())
    return f"{spec.name}{f'[{settings}]' if settings else ''}, a model, on tiny digits"


def _lacking(spec: Spec, catalog: Catalog) -> str:
    """Say which libraries are missing and how to get them; nothing if all are there, or the spec has faults."""
    if catalog.faults_of(spec):
        return ""
    needed = list(spec.requires)
    if isinstance(spec, ModelSpec):
        needed += catalog.features[spec.features[0]].requires
    return how_to_install(missing_modules(needed))


def _counted(found: Sequence[Kept], n_checks: int) -> str:
    n_broken, n_left = found.count("broken"), n_checks - len(found)
    broken = f"{n_broken} {'does' if n_broken == 1 else 'do'} not" if n_broken else "nothing is broken"
    return f"{found.count('holds')} hold, {broken}" + (f", {n_left} cannot be tried after that" if n_left else "")
