"""The images and labels that a worker may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.datasets.preprocessing.splits import subset
from benchmarks.datasets.spec import Split
from benchmarks.execution.protocol import Request, images_file, labels_file
from benchmarks.records.trial import TEST

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class TrialData:
    """Images and labels to train on, and the images of the evaluation sets, without labels.

    The last ``n_validation`` of ``images`` and ``labels`` are the validation split. ``further_images``: of the
    evaluation sets other than the test set, by name.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    n_validation: int
    test_images: NDArray[np.uint8]
    further_images: Mapping[str, NDArray[np.uint8]]


def load_data(request: Request, folder: Path) -> TrialData:
    """Return the arrays that a request names, out of the folder where they lie."""
    import numpy as np

    train, validation = (
        Split(np.load(folder / images_file(request.data[name])), np.load(folder / labels_file(request.data[name])))
        for name in ("train", "validation")
    )
    train, validation = subset(train, validation, request.trial.train_size, request.trial.seed)
    evaluation = {name: np.load(folder / images_file(request.data[name])) for name in request.evaluation_sets}
    test_images = evaluation.pop(TEST)
    return TrialData(
        np.concatenate([train.images, validation.images]),
        np.concatenate([train.labels, validation.labels]),
        len(validation),
        test_images,
        evaluation,
    )
