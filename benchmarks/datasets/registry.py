"""The registry of datasets, and how a name or path on the command line becomes images."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.preprocessing.splits import validation_as_test
from benchmarks.datasets.sources import digits, emnist, mnist, mnist_c, mnist_variants, usps
from benchmarks.datasets.sources.download import DownloadError
from benchmarks.datasets.spec import DataPlaces, Dataset, Images
from benchmarks.datasets.user_data import is_path, open_path
from features.naming import Registry

DATASETS: Registry[Dataset] = Registry(
    "dataset",
    (
        *mnist.DATASETS,
        *digits.DATASETS,
        *mnist_variants.DATASETS,
        *emnist.DATASETS,
        *usps.DATASETS,
        *mnist_c.DATASETS,
    ),
)
VALIDATION_SUFFIX = "-validation"
DEFAULT_PREPROCESSING = PreprocessingOptions()


def data_places(data_dir: Path | None, cache: Path) -> DataPlaces:
    """Return where to search: ``--data-dir``, then the folder in DIGITBENCH_DATA, then the cache.

    Downloads go to ``--data-dir`` if given, else to the cache. Raises ``BenchError`` for a folder that does not
    exist.
    """
    named = os.environ.get("DIGITBENCH_DATA")
    for source, folder in (("--data-dir", data_dir), ("DIGITBENCH_DATA", named)):
        if folder and not Path(folder).is_dir():
            raise BenchError(f"{source}: there is no folder {folder}")
    downloads = cache / "data"
    folders = (data_dir, Path(named) if named else None, downloads)
    return DataPlaces(tuple(folder for folder in folders if folder), data_dir or downloads)


def find_dataset(datasets: Registry[Dataset], name: str) -> Dataset:
    """Return the dataset of that name; ``NAME-validation`` is its variant for model selection.

    Raises ``UnknownNameError``.
    """
    if name in datasets or not name.endswith(VALIDATION_SUFFIX):
        return datasets[name]
    whole = datasets[name.removesuffix(VALIDATION_SUFFIX)]
    return replace(
        whole,
        name=name,
        summary=f"{whole.name} for model selection: scored on the validation split",
        load=lambda places: validation_as_test(whole.load(places)),
    )


def open_dataset(
    datasets: Registry[Dataset], name: str, places: DataPlaces, options: PreprocessingOptions = DEFAULT_PREPROCESSING
) -> tuple[str, Images]:
    """Return the name and the images of a dataset; ``auto`` is MNIST if it can be downloaded, else the digits.

    A path that is no registered name is user data: named after its file or folder, and preprocessed with
    ``options``. Raises ``UnknownNameError`` or ``BenchError``.
    """
    if name != "auto" and name not in datasets and is_path(name):
        images = open_path(name, options)
        return Path(images.source).name.partition(".")[0] or "data", images
    if options != DEFAULT_PREPROCESSING:
        raise BenchError(f"--polarity and --centre apply to user data only; '{name}' is already preprocessed")
    if name != "auto":
        return name, find_dataset(datasets, name).load(places)
    try:
        return "mnist", datasets["mnist"].load(places)
    except DownloadError as error:
        print(f"MNIST is not available, using scikit-learn's digits instead: {error}", file=sys.stderr)
        return "digits", datasets["digits"].load(places)
