"""``bench.py check``: runs the checks in subprocesses with limits, and prints the results."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.catalog.catalog import Catalog, read_catalog
from benchmarks.catalog.selection import Choice, plan
from benchmarks.catalog.spec_validation import Spec
from benchmarks.catalog.weight_files import with_weight_files
from benchmarks.common.dependencies import how_to_install, missing_modules
from benchmarks.common.errors import BenchError
from benchmarks.common.paths import RESULTS, cache_folder
from benchmarks.conformance.checks import CheckResult, Status
from benchmarks.conformance.processes import run_checks
from benchmarks.conformance.worker import CheckRequest
from benchmarks.datasets.spec import DataPlaces, Dataset
from benchmarks.execution.processes.fence import Rules, shortcomings
from benchmarks.execution.processes.launching.launch import preloads_for
from benchmarks.execution.processes.scratch import scratch_folder
from benchmarks.execution.processes.supervisor import Limits
from benchmarks.execution.processes.weight_download import local_files
from models.spec import ModelSpec, Unavailable

ALL_PASSED, SOME_FAILED = 0, 1
MARKS = {"passed": "✓", "failed": "✗", "info": "–"}


@dataclass(frozen=True)
class CheckRun:
    """The checks of ``target``, a name or a plug-in file; ``limits`` apply to each check.

    ``allow_network``: for models and feature pipelines; datasets, which may have to be downloaded, always have it.
    """

    target: str
    plugins: Sequence[Path]
    weights: Sequence[Path]
    places: DataPlaces
    limits: Limits
    allow_network: bool = False

    def execute(self) -> int:
        """Print the results for everything that ``target`` names; return the exit code. Raises ``BenchError``."""
        catalog, requests = self._requests()
        if gaps := shortcomings():
            print(gaps, file=sys.stderr)
        failed = [self._report(request, catalog) for request in requests]
        return SOME_FAILED if any(failed) else ALL_PASSED

    def _requests(self) -> tuple[Catalog, list[CheckRequest]]:
        path = Path(self.target)
        if path.suffix == ".py":
            return self._requests_for_file(path)
        catalog = self._catalog(self.plugins)
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
        before = self._catalog(self.plugins)
        catalog = self._catalog([*self.plugins, path])
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

    def _catalog(self, plugins: Sequence[Path]) -> Catalog:
        return with_weight_files(read_catalog(plugins, refuse_faults=False), self.weights)

    def _template(self, catalog: Catalog) -> CheckRequest:
        places = tuple(str(folder.absolute()) for folder in (*self.places.folders, self.places.cache))
        return CheckRequest("model", "", tuple(map(str, catalog.plugins)), {}, places, {})

    def _report(self, request: CheckRequest, catalog: Catalog) -> bool:
        """Print the results for one subject; return whether a check failed or could not be run."""
        print(_title(request, catalog), flush=True)
        found: list[Status] = []
        try:
            required = _required(request.spec_in(catalog), catalog)
            if why_not := how_to_install(missing_modules(required)):
                raise Unavailable(why_not)
            fenced = self._fenced(request, catalog)
            run_checks(fenced, self.limits, preloads_for(required), lambda result: found.append(_printed(result)))
        except Unavailable as missing:
            print(f"  cannot be checked here: {missing}")
            return True
        print(f"  {_summary(found, len(request.checks))}", flush=True)
        return "failed" in found

    def _fenced(self, request: CheckRequest, catalog: Catalog) -> CheckRequest:
        """Return a request with the fence of its process, and the files of weights, fetched; raises ``Unavailable``."""
        if request.kind == "dataset":
            return self._dataset_fenced(request, catalog)
        weights = self._weights(request, catalog)
        hidden = (str(RESULTS), str(cache_folder()), *request.places)
        fence = Rules(tuple(weights.values()), hidden=hidden, network=self.allow_network)
        return replace(request, weights=weights, fence=fence)

    def _dataset_fenced(self, request: CheckRequest, catalog: Catalog) -> CheckRequest:
        """Return a request about a dataset, which may download into a folder that no plug-in of others can write to."""
        entry = ("DATASETS", request.name)
        places = self.places.of_plugin(request.name) if entry in catalog.origins else self.places
        with contextlib.suppress(OSError):  # whoever needs the folder says so
            places.cache.mkdir(parents=True, exist_ok=True)
        folders = tuple(str(folder.absolute()) for folder in (*places.folders, places.cache))
        fence = Rules(reads=("/",), writes=folders[-1:], network=True, home=str(Path.home()))
        plugins = tuple(map(str, catalog.plugins_of(entry)))
        return replace(request, fence=fence, places=folders, plugins=plugins)

    def _weights(self, request: CheckRequest, catalog: Catalog) -> dict[str, str]:
        spec = request.spec_in(catalog)
        if isinstance(spec, Dataset) or catalog.faults_of(spec):
            return {}
        wanted = [spec.weights]
        if isinstance(spec, ModelSpec):
            wanted.append(catalog.features[spec.features[0]].weights)
        if not any(wanted):
            return {}
        with scratch_folder() as (folder, cleanup):
            stop = threading.Event()
            return local_files(wanted, folder / "weights", self.limits, cleanup, stop, self.allow_network)


def _printed(result: CheckResult) -> Status:
    message = f": {result.message}" if result.message else ""
    print(f"  {MARKS[result.status]} {result.name}{message}", flush=True)
    return result.status


def _title(request: CheckRequest, catalog: Catalog) -> str:
    spec = request.spec_in(catalog)
    if not isinstance(spec, ModelSpec):
        return f"{spec.name}, a {'dataset' if isinstance(spec, Dataset) else 'feature pipeline'}"
    settings = ",".join(f"{name}={value}" for name, value in request.settings.items())
    return f"{spec.name}{f'[{settings}]' if settings else ''}, a model, on tiny digits"


def _required(spec: Spec, catalog: Catalog) -> list[str]:
    """Return the modules that a subject needs; none if its spec is invalid."""
    if catalog.faults_of(spec):
        return []
    return [*spec.requires, *(catalog.features[spec.features[0]].requires if isinstance(spec, ModelSpec) else ())]


def _summary(found: Sequence[Status], n_checks: int) -> str:
    n_failed, n_left = found.count("failed"), n_checks - len(found)
    return f"{found.count('passed')} passed, {n_failed} failed" + (f", {n_left} not run" if n_left else "")
