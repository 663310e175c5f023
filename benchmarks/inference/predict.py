"""``bench.py predict``: a kept model reads image files."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.analysis.prediction_checks import checked_labels, probabilities_from
from benchmarks.catalog.catalog import Catalog, load_catalog
from benchmarks.common.errors import BenchError
from benchmarks.datasets.preprocessing.normalization import SIDE, normalize_image
from benchmarks.datasets.readers.image_file import read_image
from benchmarks.execution.processes.worker_process import FOR_KERAS
from benchmarks.provenance.fingerprint import inputs_of
from benchmarks.records.dataset_file import DATASET_FILE
from benchmarks.records.saved_models import plugins_of, read_kept
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import TrialResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

N_SHOWN = 3
POLARITIES = {"auto": None, "dark-on-light": True, "light-on-dark": False}


@dataclass(frozen=True)
class Kept:
    """A trial whose model is kept, and where."""

    store: ResultStore
    result: TrialResult

    @property
    def row(self) -> str:
        return f"{self.result.trial.label}@{self.result.trial.features}"

    @property
    def folder(self) -> Path:
        return self.store.model_folder(self.result.trial.key)

    def goes_by(self, name: str) -> bool:
        trial = self.result.trial
        return name in (self.row, trial.key) or ("@" not in name and name in (trial.label, trial.model))


@dataclass(frozen=True)
class Reading:
    """What a model makes of one image; ``probabilities`` are those of every class by name, None if it gives none."""

    image: str
    label: str
    probabilities: dict[str, float] | None

    def line(self) -> str:
        """Say it in one line, with the three likeliest classes."""
        if self.probabilities is None:
            return f"{self.image}: {self.label}"
        likeliest = sorted(self.probabilities.items(), key=lambda share: -share[1])[:N_SHOWN]
        return f"{self.image}: {self.label}  ({', '.join(f'{name} {share:.1%}' for name, share in likeliest)})"


def find_kept(results: Path, run: str, name: str, dataset: str | None) -> Kept:
    """Return the kept model of that name: a row as ``svm-rbf@hog``, or a model if only one row of the run is its.

    Of several seeds and training sizes it is the first seed of the largest. Raises ``BenchError``.
    """
    ResultStore(results, run, "")  # refuses what is no name of a run
    if not (results / run).is_dir():
        raise BenchError(f"there is no run '{run}' in {results}")
    kept = _all_kept(results, run, dataset)
    if not kept:
        where = f" on {dataset}" if dataset else ""
        raise BenchError(f"no model is kept in run '{run}'{where}; run it again with --keep-models")
    found = [one for one in kept if one.goes_by(name)]
    rows = sorted({(one.store.dataset, one.row) for one in found})
    if len(rows) == 1:
        return min(found, key=lambda one: (-(one.result.n_train or 0), one.result.trial.seed))
    if not rows:
        there = ", ".join(sorted({one.row for one in kept}))
        raise BenchError(f"run '{run}' keeps no model '{name}'; it keeps: {there}")
    several = ", ".join(f"{row} on {where}" for where, row in rows)
    raise BenchError(f"'{name}' stands for {several}; name one row, and --dataset where there are several")


@dataclass(frozen=True)
class Predicting:
    """What is asked for: which kept model reads which files, and how the answer is written."""

    kept: Kept
    plugins: Sequence[Path]
    images: Sequence[Path]
    polarity: str
    as_json: bool

    def execute(self) -> int:
        """Print what the model makes of each image, in their order; return the exit code. Raises ``BenchError``."""
        os.environ.update(FOR_KERAS)
        catalog = self._catalog()
        if changed := _changed(self.kept.result, catalog):
            print(f"{self.kept.row}: {changed} changed since it learnt; its answers may have too", file=sys.stderr)
        readings = self._readings()
        if self.as_json:
            print(_as_json(self.kept, readings))
        else:
            print("\n".join(reading.line() for reading in readings))
        return 0

    def _readings(self) -> list[Reading]:
        import numpy as np

        names, centred = _dataset_of(self.kept)
        dark_on_light = POLARITIES[self.polarity]
        frames = [
            normalize_image(read_image(path), centre=centred, dark_on_light=dark_on_light) for path in self.images
        ]
        fitted = read_kept(self.kept.folder)
        if fitted.image_shape != (SIDE, SIDE):
            shape = "×".join(map(str, fitted.image_shape))
            raise BenchError(f"{self.kept.row} reads images of {shape}; predict makes images of {SIDE}×{SIDE}")
        X = fitted.transformer.transform(np.stack(frames))
        labels = checked_labels(fitted.model.predict(X), len(X), len(names))
        shares = probabilities_from(fitted.model, X, len(names))
        return [
            Reading(str(path), names[label], None if shares is None else _by_name(names, shares[i]))
            for i, (path, label) in enumerate(zip(self.images, labels, strict=True))
        ]

    def _catalog(self) -> Catalog:
        """Return the catalog with the plug-ins that the model was made with: its classes are in them."""
        own = plugins_of(self.kept.folder)
        for path in own:
            if not path.is_file():
                raise BenchError(f"{self.kept.row} was made with the plug-in {path}, and there is no such file now")
        given = (path.resolve() for path in self.plugins)
        return load_catalog(list(dict.fromkeys([*own, *given])), refuse_faults=False)


def _as_json(kept: Kept, readings: Sequence[Reading]) -> str:
    """Return what was read for programs; probabilities are null where the model gives none."""
    images = [vars(reading) for reading in readings]
    about = {"run": kept.store.run, "dataset": kept.store.dataset, "trial": kept.result.trial.key}
    return json.dumps({**about, "images": images}, indent=1)


def _all_kept(results: Path, run: str, dataset: str | None) -> list[Kept]:
    stores = [ResultStore(results, run, folder.name) for folder in sorted((results / run).iterdir()) if folder.is_dir()]
    kept = [Kept(store, result) for store in stores for result in store.load_all() if result.ok]
    return [one for one in kept if one.folder.is_dir() and dataset in (None, one.store.dataset)]


def _dataset_of(kept: Kept) -> tuple[tuple[str, ...], bool]:
    """Return the names of the classes, and whether the images that the model learnt from were centred by mass."""
    path = kept.store.folder / DATASET_FILE
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return tuple(stored["class_names"]), bool(stored.get("centred", False))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BenchError(f"{path} is missing or damaged ({error}); any trial of this run writes it anew") from error


def _changed(result: TrialResult, catalog: Catalog) -> str:
    """Say what differs from when a model learnt: its code, or the versions of its libraries."""
    trial = result.trial
    if trial.model not in catalog.models or trial.features not in catalog.features:
        return "code"
    changed = inputs_of(trial, catalog, result.inputs.data).changed_since(result.inputs)
    return " and ".join(name for name in changed if name != "machine")


def _by_name(names: Sequence[str], shares: NDArray[np.float32]) -> dict[str, float]:
    return dict(zip(names, map(float, shares), strict=True))
