"""A whole run on one dataset: plan → run → report."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.catalog.catalog import Catalog
from benchmarks.catalog.selection import Choice, plan, wanted
from benchmarks.cli.display import display
from benchmarks.common.atomic_files import write_whole
from benchmarks.common.paths import RESULTS
from benchmarks.datasets.opening import AS_FOUND, open_dataset
from benchmarks.datasets.preprocessing.audit import Audit, audit
from benchmarks.datasets.preprocessing.prepare import Preparation
from benchmarks.datasets.spec import DataPlaces, Images
from benchmarks.execution.estimates import Estimates
from benchmarks.execution.harness import Harness, RunOptions
from benchmarks.execution.published_run import REFERENCE, check_published
from benchmarks.records.dataset_file import NoResultsError, name_of_own, store_dataset
from benchmarks.records.store import ResultStore, datasets_of
from benchmarks.records.trial import Trial, TrialResult
from benchmarks.report.data.findings import read_findings
from benchmarks.report.data.pictures import read_pictures
from benchmarks.report.files import write_files
from benchmarks.report.text.table import as_text, failures, notes, warnings
from benchmarks.report.write import write_reports

PICTURE = "images.png"
OK, SOME_FAILED, INTERRUPTED = 0, 1, 130


@dataclass(frozen=True)
class Session:
    """Everything a run was asked for."""

    catalog: Catalog
    choice: Choice
    dataset: str
    places: DataPlaces
    results: Path
    run: str
    options: RunOptions
    preparation: Preparation = AS_FOUND

    def execute(self) -> int:
        """Run what was chosen, store it, print the leaderboard; return the exit code. Raises ``BenchError``."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        wanted(self.choice, self.catalog)  # a wrong name is said before anything is fetched or read
        name, images = open_dataset(self.catalog.datasets, self.dataset, self.places, self.preparation)
        if images.source:
            name = name_of_own(self.results / self.run, name, images.source, self.catalog.datasets)
        found = audit(images)
        trials = plan(self.choice, self.catalog, name, images.n_learnable)
        store = ResultStore(self.results, self.run, name)
        check_published(store, trials, self.options.jobs)
        print("\n".join([f"{name} → {store.folder}", *found.lines()]), flush=True)
        store_dataset(store, images, found)
        if images.picture:
            write_whole(store.folder / PICTURE, images.picture)
            print(f"what was made of the images: {store.folder / PICTURE}", flush=True)
        try:
            results = self._run(trials, images, found, store)
        except KeyboardInterrupt:
            self._conclude(store, trials, images)
            again = "the same command without --force" if self.options.force else "the same command"
            print(f"interrupted; {again} goes on where this one was", file=sys.stderr)
            return INTERRUPTED
        self._conclude(store, trials, images)
        return SOME_FAILED if any(result.status not in ("ok", "skipped") for result in results) else OK

    def _run(self, trials: Sequence[Trial], images: Images, found: Audit, store: ResultStore) -> list[TrialResult]:
        estimates = Estimates(store.load_all(), *(reference.load_all() for reference in _references(store.dataset)))
        ordered = estimates.cheapest_first(list(trials), images.n_learnable)
        harness = Harness(self.catalog, images, found.data_hash, store, self.options)
        to_come = {
            trial.key: estimates.seconds(trial, trial.train_size or images.n_learnable)
            for trial in ordered
            if not harness.stored(trial)
        }
        with display([trial.key for trial in ordered], to_come) as shown:
            return harness.run(ordered, estimates, shown)

    def _conclude(self, store: ResultStore, trials: Sequence[Trial], images: Images) -> None:
        """Write the reports, and print the leaderboard on the largest training size of this run."""
        families = _families(self.catalog)
        sizes = {trial.train_size for trial in trials}
        try:
            findings = write_reports(store, families, images)
            if None not in sizes:
                findings = read_findings(store, families, max(filter(None, sizes)))
        except NoResultsError:
            return
        board = findings.board
        said = [*notes(board), *warnings(findings), as_text(board.rows), "", *failures(board.rows)]
        print("\n".join(["", *said, str(store.folder / "report.html")]))


def report_again(results: Path, run: str, catalog: Catalog, formats: Sequence[str] = ()) -> int:
    """Rebuild the reports of every dataset of a run, and write figures and tables in ``formats``.

    Raises ``BenchError`` if there is no such run.
    """
    for dataset in datasets_of(results, run):
        store = ResultStore(results, run, dataset)
        findings = write_reports(store, _families(catalog))
        print("\n".join([*warnings(findings), str(store.folder / "report.html")]))
        if formats:
            folders = write_files(findings, read_pictures(store), store.folder, formats)
            print("\n".join(map(str, folders)))
    return OK


def _references(dataset: str) -> list[ResultStore]:
    """Return what is published of this dataset, and then of the others: better than not to know at all."""
    names = [folder.name for folder in sorted((RESULTS / REFERENCE).glob("*"))]
    return [ResultStore(RESULTS, REFERENCE, name) for name in sorted(names, key=lambda name: name != dataset)]


def _families(catalog: Catalog) -> dict[str, str]:
    return {name: spec.family for name, spec in catalog.models.items()}
