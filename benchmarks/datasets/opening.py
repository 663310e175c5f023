"""A name or a path on the command line → images."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.common.errors import BenchError, check_case
from benchmarks.datasets.image_size import with_image_size
from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.preprocessing.splits import validation_as_test
from benchmarks.datasets.sources.download import DownloadError
from benchmarks.datasets.spec import OPENML, DataPlaces, Dataset, Images
from features.naming import Registry

VALIDATION_SUFFIX = "-validation"
# those of scikit-learn that hold small images of classes and need no download
SCIKIT_LEARN = {"sklearn:digits": "digits"}
DEFAULT_PREPROCESSING = PreprocessingOptions()


def for_selection(name: str) -> str:
    """Return the name of a dataset's variant for model selection."""
    return name if name.endswith(VALIDATION_SUFFIX) else f"{name}{VALIDATION_SUFFIX}"


def find_dataset(datasets: Registry[Dataset], name: str) -> Dataset:
    """Return the dataset of that name; ``NAME-validation`` is its variant for model selection.

    Raises ``UnknownNameError``.
    """
    check_case(datasets.kind, name.removesuffix(VALIDATION_SUFFIX), datasets)
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
    datasets: Registry[Dataset],
    name: str,
    places: DataPlaces,
    options: PreprocessingOptions = DEFAULT_PREPROCESSING,
    notify: Callable[[str], object] = lambda text: None,
) -> tuple[str, Images]:
    """Return the name and the images of a dataset; ``auto`` is MNIST if it can be downloaded, else the digits.

    A path that is no registered name is user data: named after its file or folder, and preprocessed with
    ``options``; so is ``openml:554``, by the number or the name at OpenML. Raises ``UnknownNameError`` or
    ``BenchError``.
    """
    # the readers of all formats take longer to import than a published dataset to read
    if name.startswith(OPENML):
        from benchmarks.datasets.openml.opening import open_openml

        images = open_openml(name, places, options)
        return images.source, images
    name = SCIKIT_LEARN.get(name, name)
    if (name == "auto" or name in datasets) and Path(name).exists():
        notify(f"--dataset {name} is the data set of that name; for the files at that path, give ./{name}")
    if name != "auto" and name not in datasets and is_path(name):
        from benchmarks.datasets.user_data import open_path

        images = open_path(name, options)
        return Path(images.source).name.partition(".")[0] or "data", images
    if replace(options, image_size=None) != DEFAULT_PREPROCESSING:
        given = " and ".join(options.reading.words()[:1]) or "--polarity, --centre and --normalise"
        raise BenchError(f"{given} apply to user data only; '{name}' is already preprocessed")
    if name == "auto":
        name, images = _mnist_or_digits(datasets, places, notify)
    else:
        images = find_dataset(datasets, name).load(places)
    return name, with_image_size(images, options.image_size) if options.image_size else images


def is_path(text: str) -> bool:
    """Return whether an unregistered dataset name is a path: it exists, or is written like one."""
    path = Path(text)
    return bool(text) and (os.sep in text or text.startswith("~") or bool(path.suffix) or path.exists())


def _mnist_or_digits(
    datasets: Registry[Dataset], places: DataPlaces, notify: Callable[[str], object]
) -> tuple[str, Images]:
    try:
        return "mnist", datasets["mnist"].load(places)
    except DownloadError as error:
        notify(f"MNIST is not available, using scikit-learn's digits instead: {error}")
        return "digits", datasets["digits"].load(places)
