"""The images that a saved model was trained and tested on, opened again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.common.errors import BenchError
from benchmarks.datasets.opening import open_dataset
from benchmarks.datasets.preprocessing.audit import audit
from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.spec import DataPlaces, Dataset, Images
from benchmarks.inference.saved_model import SavedModel
from benchmarks.records.dataset_file import read_dataset

if TYPE_CHECKING:
    from features.naming import Registry


def open_images(saved: SavedModel, datasets: Registry[Dataset], places: DataPlaces) -> Images:
    """Return the images of a saved model's run; raises ``BenchError`` if they are others now."""
    about = read_dataset(saved.store.folder)
    if about.reading:
        raise BenchError(
            f"the data of {saved.row} were read with {' '.join(about.reading)}, which export-model cannot repeat; "
            "store them as .npz, which needs no such option"
        )
    options = PreprocessingOptions(image_size=about.image_size)
    if about.source:
        options = PreprocessingOptions(about.polarity, about.centred, about.normalised, about.image_size)
    _, images = open_dataset(datasets, about.source or saved.result.trial.dataset, places, options)
    if audit(images).data_hash != saved.result.inputs.data:
        raise BenchError(
            f"{saved.row} was trained on other images than {saved.store.dataset} has now; run it again with "
            "--keep-models"
        )
    return images
