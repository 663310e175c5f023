"""The thresholds of saved models, chosen on the validation split."""

from __future__ import annotations

from benchmarks.analysis.rejection import Threshold, choose_threshold
from benchmarks.common.errors import BenchError
from benchmarks.common.suggestions import bench_command
from benchmarks.datasets.opening import VALIDATION_SUFFIX
from benchmarks.inference.saved_model import SavedModel
from benchmarks.records.dataset_file import read_dataset
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import TEST


def threshold_of(saved: SavedModel, error_rate: float) -> Threshold | None:
    """Return the threshold of a saved model from the same row's predictions of the validation split.

    They are those of ``NAME-validation`` in the same run: the model there was not trained on these images, as the saved
    one was. None for a model without probabilities. Raises ``BenchError`` if the row was not run there.
    """
    trial, run = saved.result.trial, saved.store.run
    if read_dataset(saved.store.folder).source:
        raise BenchError(
            "a threshold needs a validation split of its own; of your own data there is none, leave --error out"
        )
    dataset = f"{trial.dataset}{VALIDATION_SUFFIX}"
    store = ResultStore(saved.store.folder.parent.parent, run, dataset)
    found = [
        one
        for one in store.load_all()
        if one.ok and (one.trial.label, one.trial.features) == (trial.label, trial.features)
    ]
    predictions = store.predictions(found[0].trial.key, TEST) if found else None
    if predictions is None:
        raise BenchError(
            f"a threshold for {saved.row} needs its predictions of the validation split; run: "
            + bench_command("--models", trial.label, "--features", trial.features, "--dataset", dataset, "--run", run)
        )
    if predictions.probabilities is None:
        return None
    correct = predictions.labels == read_dataset(store.folder).truth
    return choose_threshold(predictions.probabilities.max(axis=1), correct, error_rate)
