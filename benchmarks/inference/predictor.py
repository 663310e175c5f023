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
from benchmarks.datasets.preprocessing.normalization import SIDE, normalize_image
from benchmarks.datasets.readers.image_file import read_image
from benchmarks.datasets.readers.raw_images import as_uint8_pixels
from benchmarks.inference.saved_model import SavedModel, find_saved_model
from benchmarks.records.dataset_file import read_dataset
from benchmarks.records.saved_models import Fitted, read_saved_model, read_training_data

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from benchmarks.datasets.spec import Polarity
    from benchmarks.report.run import Run

DARK_ON_LIGHT = {"auto": None, "dark-on-light": True, "light-on-dark": False}


@dataclass(frozen=True)
class Predictor:
    """A saved model, ready to predict.

    ``classes``: the names of the classes, in the order of the columns of ``predict_proba``. ``centred``: the training
    images were centred by mass. ``changes``: what changed since the model was trained, its code or the versions of
    its libraries; empty if nothing did.
    """

    saved: SavedModel
    fitted: Fitted
    classes: tuple[str, ...]
    centred: bool
    changes: str

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
        about = read_training_data(saved.folder) or read_dataset(saved.store.folder)
        fitted = read_saved_model(saved.folder)
        return cls(saved, fitted, about.class_names, about.centred, saved.changes(catalog))

    def predict(self, images: ArrayLike, polarity: Polarity = "light-on-dark") -> NDArray[np.str_]:
        """Return the name of the predicted class of each image: shape (n,).

        Parameters
        ----------
        images
            Shape (n, height, width), or (n, height, width, 3) in colour; values of 0 to 255, or of 0 to 1. Images of
            the size that the model was trained on are taken as they are; others are prepared as its training images
            were.
        polarity
            Of images that are prepared; ``auto`` decides for each by its border.

        Raises
        ------
        BenchError
            If the images are none, or the model cannot predict them.
        """
        import numpy as np

        labels, _ = self.predictions(self.prepared(images, polarity))
        return np.array(self.classes)[labels]

    def predict_proba(self, images: ArrayLike, polarity: Polarity = "light-on-dark") -> NDArray[np.float32] | None:
        """Return the probability of each class for each image: shape (n, n_classes); None if the model gives none."""
        return self.predictions(self.prepared(images, polarity))[1]

    def prepared(self, images: ArrayLike, polarity: Polarity) -> NDArray[np.uint8]:
        """Return images in the shape that the model expects: (n, height, width); raises ``BenchError``."""
        import numpy as np

        if polarity not in DARK_ON_LIGHT:
            raise BenchError(f"polarity should be one of {', '.join(DARK_ON_LIGHT)}, not {polarity!r}")
        try:
            given = np.asarray(images)
        except ValueError as error:
            raise BenchError(f"the images are no array ({error})") from error
        if given.ndim not in (3, 4) or not given.size or given.shape[3:] not in ((), (1,), (3,)):
            raise BenchError(f"images of shape {given.shape}; it should be (n, height, width), or with 3 colours last")
        pixels = as_uint8_pixels(given, "the images")
        if pixels.shape[1:] == self.fitted.image_shape:
            return pixels
        return self._normalized(list(pixels), polarity)

    def prepared_files(self, paths: Sequence[Path], polarity: Polarity) -> NDArray[np.uint8]:
        """Return image files of any size in the shape that the model expects; raises ``BenchError``."""
        return self._normalized([read_image(path) for path in paths], polarity)

    def predictions(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.float32] | None]:
        """Return the labels of prepared images, of shape (n,), and the probabilities, where the model gives them."""
        try:
            X = self.fitted.transformer.transform(images)
            labels = checked_labels(self.fitted.model.predict(X), len(X), len(self.classes))
            return labels, probabilities_from(self.fitted.model, X, len(self.classes))
        except InvalidPredictionError as error:
            raise BenchError(f"{self.saved.row}: {error}") from error

    def _normalized(self, images: Sequence[NDArray[np.uint8]], polarity: Polarity) -> NDArray[np.uint8]:
        import numpy as np

        if self.fitted.image_shape != (SIDE, SIDE):
            shape = "×".join(map(str, self.fitted.image_shape))
            raise BenchError(f"{self.saved.row} expects images of {shape}; others are brought to {SIDE}×{SIDE} only")
        dark_on_light = DARK_ON_LIGHT[polarity]
        return np.stack([normalize_image(image, centre=self.centred, dark_on_light=dark_on_light) for image in images])
