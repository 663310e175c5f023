"""A run on one dataset as it is stored, put together for the writers of reports."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.datasets.audit import Audit
from benchmarks.datasets.spec import Images
from benchmarks.errors import BenchError
from benchmarks.leaderboard import Leaderboard, Row, leaderboard
from benchmarks.store import ResultStore, write_json
from benchmarks.trial import Predictions, TrialResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DATASET_FILE = "dataset.json"


class NoResultsError(BenchError):
    """There is nothing to report on."""


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
        """Return what the first seed of each row that is ``ok`` predicted; None where that is not stored."""
        return [self.predictions.get(results[0].trial.key) for _, results in self.rows()]


def store_dataset(store: ResultStore, images: Images, findings: Audit) -> None:
    """Keep beside the results what they are judged by: the audit and the labels of the test split."""
    with store.locked():
        write_json(store.folder / DATASET_FILE, {**asdict(findings), "test_labels": images.test.labels.tolist()})


def name_of_own(run: Path, name: str, source: str, taken: Container[str]) -> str:
    """Return the folder name for a person's own data: ``name``, with a hash of its path where another has that name.

    ``run`` is the run's folder; ``taken`` are the names of registered datasets.
    """
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:60] or "data"
    if plain not in taken and plain != "auto":
        try:
            other = json.loads((run / plain / DATASET_FILE).read_text(encoding="utf-8")).get("source")
        except (OSError, ValueError, AttributeError):
            other = source
        if other == source:
            return plain
    return f"{plain}-{hashlib.sha256(source.encode()).hexdigest()[:6]}"


def read_findings(store: ResultStore, families: Mapping[str, str], train_size: int | None = None) -> Findings:
    """Return the stored run, ranked; results that were measured on other data are left out.

    ``train_size`` asks for the ranking on that many images instead of the largest number. Raises
    ``BenchError`` if nothing is stored.
    """
    import numpy as np

    audit, truth = read_dataset(store.folder)
    everything = store.load_all()
    results = [result for result in everything if result.inputs.data == audit.data_hash]
    damaged = store.damaged()
    if not results:
        unreadable = f" that can be read ({', '.join(damaged)} cannot)" if damaged else ""
        raise NoResultsError(f"there are no results in {store.folder}{unreadable}; run some first")
    by_key = {result.trial.key: result for result in results}
    stored = {key: store.predictions(key) for key in by_key}
    predictions = {key: one for key, one in stored.items() if one and one.labels.shape == truth.shape}

    def right(result: TrialResult) -> NDArray[np.bool_] | None:
        one = predictions.get(result.trial.key)
        return None if one is None else np.asarray(one.labels == truth)

    return Findings(
        run=store.run,
        dataset=store.dataset,
        audit=audit,
        truth=truth,
        results=by_key,
        predictions=predictions,
        board=leaderboard(results, families, right, train_size),
        damaged=damaged,
        n_on_other_data=len(everything) - len(results),
    )


def read_dataset(folder: Path) -> tuple[Audit, NDArray[np.int64]]:
    """Return what is stored of a run's dataset: the audit, and the labels of the test split, of shape (n_test,).

    Raises ``NoResultsError`` if nothing is, and ``BenchError`` if it cannot be read.
    """
    import numpy as np

    try:
        stored: dict[str, Any] = json.loads((folder / DATASET_FILE).read_text(encoding="utf-8"))
        truth = np.array(stored.pop("test_labels"), np.int64)
        return Audit(**{**stored, **_tuples(stored, ("class_names", "dropped", "notes"))}), truth
    except FileNotFoundError:
        raise NoResultsError(f"there are no results in {folder}; run some first") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        place = folder / DATASET_FILE
        raise BenchError(f"{place} is damaged ({error}); any trial of this run writes it anew") from error


def _tuples(stored: Mapping[str, Any], names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(stored[name]) for name in names if name in stored}
