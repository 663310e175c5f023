"""A stored run on one dataset, as data frames."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.analysis.metrics import METRICS
from benchmarks.catalog.catalog import read_catalog
from benchmarks.catalog.selection import row_name
from benchmarks.common.errors import BenchError
from benchmarks.records.dataset_file import read_dataset
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import TEST, Status, TrialResult
from benchmarks.report.data.findings import Findings, read_findings
from benchmarks.report.text.table import column_values, csv_columns

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Run:
    """The results of a run on one dataset, read anew for each call, so that they include what other runs add.

    ``statuses``: of the trials that the call which made it asked for, by their keys; empty for a run that was loaded.
    """

    store: ResultStore
    families: Mapping[str, str]
    statuses: Mapping[str, Status] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Run(name={self.name!r}, dataset={self.dataset!r}, results_dir={str(self.results_dir)!r})"

    @property
    def name(self) -> str:
        return self.store.run

    @property
    def dataset(self) -> str:
        return self.store.dataset

    @property
    def results_dir(self) -> Path:
        return self.store.folder.parent.parent

    @property
    def folder(self) -> Path:
        """Where the results, LEADERBOARD.md, leaderboard.csv and report.html lie."""
        return self.store.folder

    def findings(self, train_size: int | None = None, machine: str | None = None) -> Findings:
        """Return all that reports are written from, ranked on ``train_size`` images (the largest number).

        ``machine``: only what was measured on one kind of machine, whose id is in ``trials()``.
        """
        return read_findings(self.store, self.families, train_size, machine)

    def leaderboard(self, train_size: int | None = None, machine: str | None = None) -> pd.DataFrame:
        """Return the ranked rows: the columns of leaderboard.csv, in full precision; NaN where nothing was measured.

        ``train_size`` and ``machine``: as for ``findings``.
        """
        import pandas as pd

        board = self.findings(train_size, machine).board
        rows = [column_values(row) for row in board.rows]
        return pd.DataFrame(rows, columns=csv_columns(board)).astype({"rank": "Int64"})

    def trials(self) -> pd.DataFrame:
        """Return one line for each stored trial: what it was, how it ended, its scores, times and resources."""
        import pandas as pd

        return pd.DataFrame([_trial_line(result) for result in self.findings().results.values()])

    def predictions(self, row: str, seed: int = 0, evaluation_set: str = TEST) -> pd.DataFrame:
        """Return one line for each image of an evaluation set: its label, the predicted class, and the probabilities.

        ``row`` is a model with its settings on a pipeline, as ``svm-rbf@hog``. Columns: ``label``, ``predicted``,
        ``correct``, and ``p(CLASS)`` for each class where the model gives probabilities. Raises ``BenchError``.
        """
        import numpy as np
        import pandas as pd

        dataset = read_dataset(self.folder)
        labels = {TEST: dataset.test_labels, **dataset.evaluation_labels}.get(evaluation_set)
        key = self._result(row, seed).trial.key
        predictions = self.store.predictions(key, evaluation_set)
        if labels is None or predictions is None:
            raise BenchError(f"run '{self.name}' has no predictions of {key} for the evaluation set '{evaluation_set}'")
        names = np.array(dataset.class_names)
        truth = np.array(labels)
        frame = pd.DataFrame({"label": names[truth], "predicted": names[predictions.labels]})
        frame["correct"] = truth == predictions.labels
        if predictions.probabilities is not None:
            frame[[f"p({name})" for name in names]] = predictions.probabilities.astype(np.float32)
        return frame

    def history(self, row: str | None = None) -> pd.DataFrame:
        """Return one line for each epoch of each trial that is trained by epochs, or of those of one row."""
        import pandas as pd

        results = self.findings().results.values()
        name = None if row is None else row_name(row, read_catalog())
        chosen = [result for result in results if name in (None, _row_name(result))]
        if not chosen:
            raise self._no_row(str(row))
        lines = [{**_identity(result), **step} for result in chosen for step in result.history]
        return pd.DataFrame(lines, columns=None if lines else [*_identity(chosen[0]), "epoch"])

    def _result(self, row: str, seed: int) -> TrialResult:
        """Return the result of a row's seed on the largest number of training images; raises ``BenchError``."""
        findings = self.findings()
        name = row_name(row, read_catalog())
        of_row = [result for result in findings.results.values() if _row_name(result) == name]
        if not of_row:
            raise self._no_row(row)
        with_seed = [result for result in of_row if result.trial.seed == seed]
        if not with_seed:
            there = ", ".join(sorted({str(result.trial.seed) for result in of_row}))
            raise BenchError(f"{row} was not run with seed {seed} in run '{self.name}'; it was with: {there}")
        return max(with_seed, key=lambda result: result.n_train or 0)

    def _no_row(self, row: str) -> BenchError:
        names = sorted({_row_name(result) for result in self.findings().results.values()})
        nearest = difflib.get_close_matches(row, names, n=3, cutoff=0.3)
        hint = f"did you mean {' or '.join(nearest)}?" if nearest else f"it has: {', '.join(names[:10])}"
        return BenchError(f"run '{self.name}' has no row '{row}'; {hint}")


def _row_name(result: TrialResult) -> str:
    return f"{result.trial.label}@{result.trial.features}"


def _identity(result: TrialResult) -> dict[str, object]:
    """Return the columns that say which trial a line is about."""
    trial = result.trial
    return {"model": trial.label, "features": trial.features, "seed": trial.seed, "train_size": trial.train_size}


def _trial_line(result: TrialResult) -> dict[str, object]:
    return {
        **_identity(result),
        "status": result.status,
        "reason": result.reason,
        "n_train": result.n_train,
        **{metric.name: metric.of_trial(result) for metric in METRICS},
        "settings": dict(result.settings),
        "machine": result.environment.machine_id,
        "started_at": result.started_at,
        "finished_at": result.finished_at,
    }
