"""The thresholds of saved models, chosen on the validation split."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.analysis.rejection import Threshold, choose_threshold
from benchmarks.common.errors import BenchError
from benchmarks.common.formatting import listed
from benchmarks.common.suggestions import bench_command
from benchmarks.datasets.opening import VALIDATION_SUFFIX
from benchmarks.inference.saved_model import SavedModel
from benchmarks.records.dataset_file import read_dataset
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import TEST, Predictions


def threshold_of(saved: SavedModel, error_rate: float) -> Threshold | None:
    """Return the threshold of one saved model; see ``thresholds_of``."""
    return thresholds_of([saved], error_rate)[saved.row]


def thresholds_of(models: Sequence[SavedModel], error_rate: float) -> dict[str, Threshold | None]:
    """Return the threshold of each model of a run by its row, from the row's predictions of the validation split.

    They are those of ``NAME-validation`` in the same run: the model there was not trained on these images, as the saved
    one was. None for a model without probabilities. Raises ``BenchError`` if a row was not run there.
    """
    if any(read_dataset(saved.store.folder).source for saved in models):
        raise BenchError(
            "a threshold needs a validation split of its own; of your own data there is none, leave --error out"
        )
    found = {saved.row: _predictions(saved) for saved in models}
    if missing := [saved for saved in models if found[saved.row] is None]:
        raise BenchError(_how_to_predict(missing))
    thresholds: dict[str, Threshold | None] = {}
    for saved in models:
        predictions = found[saved.row]
        if predictions is None or predictions.probabilities is None:
            thresholds[saved.row] = None
            continue
        correct = predictions.labels == read_dataset(_validation_store(saved).folder).truth
        thresholds[saved.row] = choose_threshold(predictions.probabilities.max(axis=1), correct, error_rate)
    return thresholds


def _validation_store(saved: SavedModel) -> ResultStore:
    dataset = f"{saved.result.trial.dataset}{VALIDATION_SUFFIX}"
    return ResultStore(saved.store.folder.parent.parent, saved.store.run, dataset)


def _predictions(saved: SavedModel) -> Predictions | None:
    """Return what the row predicted of the validation split; None where it was not run there."""
    store = _validation_store(saved)
    results = [one for one in store.load_all() if one.ok and SavedModel(store, one).row == saved.row]
    return store.predictions(results[0].trial.key, TEST) if results else None


def _how_to_predict(missing: Sequence[SavedModel]) -> str:
    """Say which rows have no predictions of the validation split, and the command that makes all of them."""
    rows = [saved.row for saved in missing]
    store = _validation_store(missing[0])
    sizes = sorted({size for saved in missing if (size := saved.result.trial.train_size)})
    run = bench_command(
        *("--models", ",".join(rows), "--dataset", store.dataset, "--run", store.run),
        *(("--train-size", ",".join(map(str, sizes))) if sizes else ()),
    )
    return f"--error needs predictions of the validation split by {listed(rows)}; run: {run}"
