"""The saved models of a run, found by the name of their row."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.catalog.catalog import Catalog, load_catalog
from benchmarks.common.errors import BenchError
from benchmarks.common.formatting import listed
from benchmarks.common.signatures import is_own
from benchmarks.provenance.fingerprint import inputs_of
from benchmarks.records.dataset_file import folder_name, read_dataset
from benchmarks.records.saved_models import code_in, plugins_of, read_training_data
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import TrialResult


@dataclass(frozen=True)
class SavedModel:
    """A trial whose fitted model is saved, and where."""

    store: ResultStore
    result: TrialResult

    @property
    def row(self) -> str:
        return f"{self.label}@{self.features}"

    @property
    def label(self) -> str:
        """The name of the model, with the settings that are not its defaults."""
        return self.result.trial.label

    @property
    def features(self) -> str:
        return self.result.trial.features

    @property
    def accuracy(self) -> float | None:
        """On the test images."""
        return self.result.scores.accuracy if self.result.scores else None

    @property
    def centred(self) -> bool:
        """Whether the training images were scaled and centred; also False where damaged files do not say."""
        with contextlib.suppress(BenchError):
            training = read_training_data(self.folder)
            found = training.preparation if training else None
            return found.centred or found.normalised if found else read_dataset(self.store.folder).centred
        return False

    @property
    def folder(self) -> Path:
        return self.store.model_folder(self.result)

    @property
    def is_whole(self) -> bool:
        return self.result.ok and self.folder.is_dir()

    def has_name(self, name: str) -> bool:
        """Return whether a user may mean this model by ``name``: its row, its trial's key, or the model alone."""
        trial = self.result.trial
        return name in (self.row, trial.key) or ("@" not in name and name in (trial.label, trial.model))

    def check_trust(self) -> None:
        """Raise ``BenchError`` unless this user saved the model and its files are unchanged: reading it runs code."""
        if not is_own(self.folder):
            raise BenchError(
                f"{self.folder} was not saved by you on this machine, or was changed since; reading it would run "
                f"{code_in(self.folder)}; pass --trust if you trust whoever made it"
            )

    def catalog(self, plugins: Sequence[Path]) -> Catalog:
        """Return the catalog with the plug-ins that the model was made with: its classes are in them."""
        own = plugins_of(self.folder)
        for path in own:
            if not path.is_file():
                raise BenchError(f"{self.row} was made with the plug-in {path}, and there is no such file now")
        given = (path.resolve() for path in plugins)
        return load_catalog(list(dict.fromkeys([*own, *given])), refuse_faults=False)

    def changes(self, catalog: Catalog) -> str:
        """Return what differs from when the model was trained: its code, or the versions of its libraries."""
        trial = self.result.trial
        if trial.model not in catalog.models or trial.features not in catalog.features:
            return "code"
        changed = inputs_of(trial, catalog, self.result.inputs.data).changed_since(self.result.inputs)
        return " and ".join(name for name in changed if name != "machine")


def find_saved_model(results: Path, run: str, name: str, dataset: str | None = None) -> SavedModel:
    """Return the saved model of that name: a row as ``svm-rbf@hog``, or a model if only one row of the run is its.

    Of several seeds and training sizes it is the first seed of the largest. Raises ``BenchError``.
    """
    saved, left_out = _saved_in(results, run, dataset)
    found = [one for one in saved if one.has_name(name)]
    rows = sorted({(one.store.dataset, one.row) for one in found})
    if len(rows) == 1:
        return _best_of_row(found)
    if not rows:
        there = ", ".join(sorted({one.row for one in saved}))
        raise BenchError(f"run '{run}' has no saved model '{name}'; it has: {there}{left_out}")
    several = ", ".join(f"{row} on {where}" for where, row in rows)
    raise BenchError(f"'{name}' stands for {several}; name one row, and --dataset where there are several")


def saved_rows(results: Path, run: str, dataset: str | None = None) -> list[SavedModel]:
    """Return a saved model of each row of a run, the most accurate first.

    Of several seeds and training sizes it is the first seed of the largest. Raises ``BenchError`` if none is saved,
    or if there are some on several datasets and none of these is named.
    """
    saved, _ = _saved_in(results, run, dataset)
    datasets = sorted({one.store.dataset for one in saved})
    if len(datasets) > 1:
        raise BenchError(f"run '{run}' has saved models on {', '.join(datasets)}; say which with --dataset NAME")
    of_row: dict[str, list[SavedModel]] = {}
    for one in saved:
        of_row.setdefault(one.row, []).append(one)
    return sorted(map(_best_of_row, of_row.values()), key=lambda one: -(one.accuracy or 0))


def _best_of_row(saved: Sequence[SavedModel]) -> SavedModel:
    return min(saved, key=lambda one: (-(one.result.n_train or 0), one.result.trial.seed))


def _saved_in(results: Path, run: str, dataset: str | None) -> tuple[list[SavedModel], str]:
    """Return all saved models of a run, and which damaged files are left out; raises ``BenchError`` if none is."""
    ResultStore(results, run, "")  # refuses what is no name of a run
    if not (results / run).is_dir():
        raise BenchError(f"there is no run '{run}' in {results}")
    dataset = dataset and folder_name(results / run, dataset)
    stores = [ResultStore(results, run, folder.name) for folder in sorted((results / run).iterdir()) if folder.is_dir()]
    stores = [store for store in stores if dataset in (None, store.dataset)]
    saved = [one for store in stores for result in store.load_all() if (one := SavedModel(store, result)).is_whole]
    damaged = [f"{file} ({why})" for store in stores for file, why in store.damaged().items()]
    left_out = f"; damaged and left out: {listed(damaged)}" if damaged else ""
    if not saved:
        where = f" on {dataset}" if dataset else ""
        raise BenchError(f"no model is saved in run '{run}'{where}; run it again with --keep-models{left_out}")
    return saved, left_out
