"""A saved model predicts the classes of images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from benchmarks.analysis.prediction_checks import InvalidPredictionError, checked_labels, probabilities_from
from benchmarks.catalog.catalog import load_catalog
from benchmarks.catalog.selection import row_name
from benchmarks.common.errors import BenchError
from benchmarks.common.paths import RESULTS
from benchmarks.datasets.spec import Preparation
from benchmarks.inference.image_classifier import ImageClassifier
from benchmarks.inference.saved_model import SavedModel, find_saved_model
from benchmarks.records.dataset_file import read_dataset, stored_dataset
from benchmarks.records.saved_models import Fitted, TrainingData, read_saved_model, read_training_data

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from benchmarks.report.run import Run


@dataclass(frozen=True)
class Predictor(ImageClassifier):
    """A saved model, ready to predict.

    ``changes``: what changed since the model was trained, its code or the versions of its libraries; empty if nothing
    did. ``data_changed``: the run has results on other images since.
    """

    saved: SavedModel
    fitted: Fitted
    changes: str
    data_changed: bool = False

    @classmethod
    def load(
        cls,
        run: str | Run,
        row: str,
        *,
        dataset: str | None = None,
        results_dir: str | Path = RESULTS,
        plugins: Sequence[str | Path] = (),
        trust: bool = False,
    ) -> Self:
        """Return the saved model of a row, as ``svm-rbf@hog``, of a run or of the run of that name.

        A saved model runs code when it is read. ``trust``: also read one that this user did not save on this machine.
        Raises ``BenchError``.
        """
        if not isinstance(run, str):
            dataset, results_dir = run.dataset, run.results_dir
        name = run if isinstance(run, str) else run.name
        given = [Path(path) for path in plugins]
        saved = find_saved_model(Path(results_dir), name, row_name(row, load_catalog(given)), dataset)
        if not trust:
            saved.check_trust()
        catalog = saved.catalog(given)
        training = _training_data(saved)
        fitted = read_saved_model(saved.folder)
        now = stored_dataset(saved.store.folder)
        return cls(
            training.class_names,
            training.preparation,
            saved,
            fitted,
            saved.changes(catalog),
            data_changed=not isinstance(now, Exception) and now.data_hash != training.data_hash,
        )

    @property
    def row(self) -> str:
        return self.saved.row

    def predictions(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.float32] | None]:
        """Return the labels of prepared images, of shape (n,), and the probabilities, where the model gives them."""
        try:
            X = self.fitted.transformer.transform(images)
            labels = checked_labels(self.fitted.model.predict(X), len(X), len(self.classes))
            return labels, probabilities_from(self.fitted.model, X, len(self.classes))
        except InvalidPredictionError as error:
            raise BenchError(f"{self.row}: {error}") from error

    def scores(self, images: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """Return a score of each class for prepared images, of shape (n, n_classes); None if the model gives none."""
        import numpy as np

        decide = getattr(self.fitted.model, "decision_function", None)
        if decide is None:
            return None
        scores = np.asarray(decide(self.fitted.transformer.transform(images)), np.float32)
        known = getattr(self.fitted.model, "classes_", None)
        in_order = known is None or np.array_equal(known, np.arange(len(self.classes)))
        usable = scores.shape == (len(images), len(self.classes)) and in_order and np.isfinite(scores).all()
        return scores if usable else None


def _training_data(saved: SavedModel) -> TrainingData:
    """Return what a model was trained on; raises ``BenchError`` where nobody knows."""
    again = "run the trial again with --keep-models --force"
    found = read_training_data(saved.folder)
    if found and found.data_hash != saved.result.inputs.data:
        raise BenchError(f"the model in {saved.folder} was not trained on the data of its result; {again}")
    if found:
        return found
    about = read_dataset(saved.store.folder)
    if about.source:
        raise BenchError(f"{saved.row} was saved without how its images were prepared; {again}")
    return TrainingData(about.class_names, Preparation(about.image_shape, about.centred), about.data_hash)
