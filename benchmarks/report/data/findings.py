"""A run on one dataset as it is stored, with its leaderboard: what every report is written from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.analysis.leaderboard import Leaderboard, Row, leaderboard
from benchmarks.common.errors import BenchError
from benchmarks.common.formatting import counted, listed
from benchmarks.datasets.preprocessing.audit import Audit
from benchmarks.records.dataset_file import NoResultsError, read_dataset
from benchmarks.records.store import ResultStore
from benchmarks.records.stored_results import Damaged, Stored
from benchmarks.records.trial import TEST, Predictions, TrialResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Findings:
    """All that a report is written from.

    ``truth``: the labels of the test split, of shape (n_test,). ``results`` and ``predictions`` by the
    trials' keys. ``damaged``: files of trials that cannot be read. ``n_on_other_data``: results that were
    measured on other images, and are left out.
    """

    run: str
    dataset: str
    audit: Audit
    truth: NDArray[np.int64]
    results: Mapping[str, TrialResult]
    predictions: Mapping[str, Predictions]
    board: Leaderboard
    damaged: Sequence[str] = ()
    n_on_other_data: int = 0

    def rows(self) -> list[tuple[Row, list[TrialResult]]]:
        """Return the rows that are ``ok``, best first, each with its results, one a seed."""
        return [
            (row, [self.results[key] for key in keys])
            for row, keys in zip(self.board.rows, self.board.keys, strict=True)
            if row.status == "ok"
        ]

    def first_predictions(self) -> list[Predictions | None]:
        """Return the predictions of the first seed of each row that is ``ok``; None where they are not stored."""
        return [self.predictions.get(results[0].trial.key) for _, results in self.rows()]


def read_findings(
    store: ResultStore, families: Mapping[str, str], train_size: int | None = None, machine: str | None = None
) -> Findings:
    """Return the stored run, ranked; results that were measured on other data are left out.

    ``train_size`` asks for the ranking on that many images instead of the largest number, ``machine`` for what was
    measured on one kind of machine, by its id or the beginning of it. Raises ``BenchError`` if nothing is stored.
    """
    audit = read_dataset(store.folder)
    everything = list(store.stored())
    damaged = [f"{one.file} ({one.why})" for one in everything if isinstance(one, Damaged)]
    readable = [one for one in everything if isinstance(one, Stored)]
    stored = {one.result.trial.key: one for one in readable if one.result.inputs.data == audit.data_hash}
    if not stored:
        unreadable = f" that can be read ({listed(damaged)} cannot)" if damaged else ""
        raise NoResultsError(f"there are no results in {store.folder}{unreadable}; run some first")
    n_on_other_data = len(readable) - len(stored)
    if machine is not None:
        stored = _of_machine(stored, machine)
    results = {key: one.result for key, one in stored.items()}
    truth = audit.truth
    predictions = {key: one.predictions[TEST] for key, one in stored.items() if one.result.ok}

    def correct(result: TrialResult) -> NDArray[np.bool_] | None:
        one = predictions.get(result.trial.key)
        return None if one is None else one.labels == truth

    return Findings(
        run=store.run,
        dataset=store.dataset,
        audit=audit,
        truth=truth,
        results=results,
        predictions=predictions,
        board=leaderboard(list(results.values()), families, correct, train_size),
        damaged=damaged,
        n_on_other_data=n_on_other_data,
    )


def _of_machine(stored: Mapping[str, Stored], machine: str) -> dict[str, Stored]:
    """Return what was measured on one kind of machine; raises ``BenchError`` if that is nothing or not one."""
    known = Counter(one.result.environment.machine_id for one in stored.values())
    meant = [name for name in known if machine and name.startswith(machine)]
    if len(meant) != 1:
        there = listed([f"{name} ({counted(n, 'trial')})" for name, n in sorted(known.items())])
        raise BenchError(f"--machine '{machine[:40]}' should be one machine of this run, which has {there}")
    return {key: one for key, one in stored.items() if one.result.environment.machine_id == meant[0]}
