"""The thresholds of saved models, chosen on the validation split."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.analysis.rejection import Threshold, choose_threshold
from benchmarks.common.errors import BenchError
from benchmarks.common.formatting import listed
from benchmarks.common.suggestions import bench_command
from benchmarks.datasets.opening import VALIDATION_SUFFIX
from benchmarks.inference.saved_model import SavedModel
from benchmarks.records.dataset_file import read_dataset
from benchmarks.records.saved_models import plugins_of
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import TEST, Predictions


@dataclass(frozen=True)
class Thresholds:
    """Below which probability each model of a run is not sure.

    ``of_row``: by row, of those that have a threshold; the other models always answer. ``lines``: what is to be said of
    all of them.
    """

    of_row: Mapping[str, Threshold] = field(default_factory=dict)
    lines: Sequence[str] = ()

    def probability(self, row: str) -> float | None:
        """Return the probability below which a model is not sure; None for one that always answers."""
        return self.of_row[row].probability if row in self.of_row else None


def thresholds_of(models: Sequence[SavedModel], error_rate: float) -> Thresholds:
    """Return the threshold of each model of a run, from its row's predictions of the validation split.

    They are those of ``NAME-validation`` in the same run: the model there was not trained on these images, as the saved
    one was. Models without probabilities, or that were not run there, always answer. Raises ``BenchError`` if nothing
    can be chosen because none of those with probabilities was run there.
    """
    if any(read_dataset(saved.store.folder).source for saved in models):
        raise BenchError(
            "a threshold needs a validation split of its own; of your own data there is none, leave --error out"
        )
    chosen: dict[str, Threshold] = {}
    lines, missing = [], []
    for saved in models:
        found = _predictions(saved)
        if not _gives_probabilities(saved, found):
            lines.append(f"{saved.row}: gives no probabilities, and so always answers")
        elif found is None:
            missing.append(saved)
        else:
            chosen[saved.row] = _threshold(saved, found, error_rate)
            lines.append(f"{saved.row}: {chosen[saved.row].sentence()}")
    if missing and not chosen:
        raise BenchError(f"--error needs predictions of the validation split by {_rows(missing)}; run: {_run(missing)}")
    if missing:
        lines += [f"{saved.row}: was not run on the validation split, and so always answers" for saved in missing]
        lines.append(f"for {'its threshold' if len(missing) == 1 else 'their thresholds'} run: {_run(missing)}")
    return Thresholds(chosen, lines)


def _gives_probabilities(saved: SavedModel, on_validation: Predictions | None) -> bool:
    """Return whether a model does: its predictions tell, of the test images where there are no others."""
    found = on_validation or saved.store.predictions(saved.result.trial.key, TEST)
    return found is None or found.probabilities is not None


def _threshold(saved: SavedModel, found: Predictions, error_rate: float) -> Threshold:
    assert found.probabilities is not None
    correct = found.labels == read_dataset(_validation_store(saved).folder).truth
    return choose_threshold(found.probabilities.max(axis=1), correct, error_rate)


def _validation_store(saved: SavedModel) -> ResultStore:
    dataset = f"{saved.result.trial.dataset}{VALIDATION_SUFFIX}"
    return ResultStore(saved.store.folder.parent.parent, saved.store.run, dataset)


def _predictions(saved: SavedModel) -> Predictions | None:
    """Return what the row predicted of the validation split; None where it was not run there."""
    store = _validation_store(saved)
    results = [one for one in store.load_all() if one.ok and SavedModel(store, one).row == saved.row]
    return store.predictions(results[0].trial.key, TEST) if results else None


def _rows(models: Sequence[SavedModel]) -> str:
    return listed([saved.row for saved in models])


def _run(missing: Sequence[SavedModel]) -> str:
    """Return the command that has all rows predict the validation split, with the plug-ins that they are of."""
    store = _validation_store(missing[0])
    plugins = dict.fromkeys(path for saved in missing for path in _plugins(saved))
    sizes = sorted({size for saved in missing if (size := saved.result.trial.train_size)})
    return bench_command(
        *("--models", ",".join(saved.row for saved in missing), "--dataset", store.dataset, "--run", store.run),
        *(("--train-size", ",".join(map(str, sizes))) if sizes else ()),
        *(word for path in plugins for word in ("--plugin", path)),
    )


def _plugins(saved: SavedModel) -> list[str]:
    with contextlib.suppress(BenchError):  # a damaged model is reported when it is read
        return [str(path) for path in plugins_of(saved.folder)]
    return []
