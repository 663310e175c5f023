"""What is served: the saved models of a run, with their thresholds, its leaderboard and its report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.analysis.metric import Shown
from benchmarks.catalog.catalog import read_catalog
from benchmarks.common.errors import BenchError
from benchmarks.common.suggestions import bench_command
from benchmarks.inference.saved_model import SavedModel, saved_rows
from benchmarks.inference.thresholds import Thresholds, thresholds_of
from benchmarks.report.data.findings import read_findings
from benchmarks.report.text.table import anchor, cells, columns, notes
from benchmarks.serve.messages import ModelSource
from benchmarks.serve.model_pool import PooledModel
from benchmarks.serve.served import LeaderboardRow, LeaderboardTable

TENSORFLOW = ("tensorflow", "keras")


@dataclass(frozen=True)
class ServedRun:
    """The saved models of a run on one dataset, the most accurate first; ``thresholds``: for the wished error rate."""

    models: Sequence[SavedModel]
    plugins: Sequence[Path] = ()
    weights: Sequence[Path] = ()
    trust: bool = False
    error_rate: float | None = None
    thresholds: Thresholds = field(default_factory=Thresholds)

    @classmethod
    def open(
        cls,
        results: Path,
        run: str,
        dataset: str | None = None,
        plugins: Sequence[Path] = (),
        weights: Sequence[Path] = (),
        trust: bool = False,
        error_rate: float | None = None,
    ) -> ServedRun:
        """Return what is saved in a run, with the thresholds of models if ``error_rate`` is given.

        ``trust``: also models that this user did not save on this machine. Raises ``BenchError`` if nothing is saved,
        a model is not trusted, or no threshold can be chosen.
        """
        models = saved_rows(results, run, dataset)
        if not trust:
            for model in models:
                model.check_trust()
        thresholds = Thresholds() if error_rate is None else thresholds_of(models, error_rate)
        return cls(models, plugins, weights, trust, error_rate, thresholds)

    @property
    def origin(self) -> str:
        return f"of run '{self.run}'"

    @property
    def has_leaderboard(self) -> bool:
        return True

    @property
    def run(self) -> str:
        return self.models[0].store.run

    @property
    def dataset(self) -> str:
        return self.models[0].store.dataset

    @property
    def folder(self) -> Path:
        return self.models[0].store.folder

    def named(self, name: str) -> list[SavedModel]:
        """Return the models that a name stands for: a row, as ``svm-rbf@hog``, or all rows of a model."""
        return [model for model in self.models if model.has_name(name)]

    def pooled(self) -> list[PooledModel]:
        """Return where the models are, and how large."""
        return [self._pooled(model) for model in self.models]

    def leaderboard(self) -> LeaderboardTable:
        """Return the leaderboard; raises ``BenchError`` if it cannot be read."""
        families = {name: spec.family for name, spec in read_catalog(self.plugins, refuse_faults=False).models.items()}
        board = read_findings(self.models[0].store, families).board
        metrics = columns(board.rows, Shown.SHORT_TABLES)
        rows = [
            LeaderboardRow(row.name, cells(row, metrics), f"report#{anchor(row)}" if row.status == "ok" else None)
            for row in board.rows
        ]
        return LeaderboardTable(self.run, self.dataset, notes(board), rows)

    def report(self) -> Path:
        """Return report.html; raises ``BenchError`` if there is none."""
        path = self.folder / "report.html"
        if not path.is_file():
            raise BenchError(f"there is no report; write it: {bench_command('report', self.run)}")
        return path

    def _pooled(self, model: SavedModel) -> PooledModel:
        source = ModelSource(
            str(self.folder.parent.parent.absolute()),
            self.run,
            self.dataset,
            model.row,
            [str(path.absolute()) for path in self.plugins],
            [str(path.absolute()) for path in self.weights],
            self.trust,
        )
        resources = model.result.resources
        library = (resources.implementation or "").lower() if resources else ""
        size = (resources.model_bytes or 0) / 2**20 if resources else 0.0
        return PooledModel(source, size, any(name in library for name in TENSORFLOW))
