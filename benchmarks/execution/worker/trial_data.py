"""The images and labels that a worker may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.datasets.preprocessing.splits import subset
from benchmarks.datasets.spec import Split
from benchmarks.execution.features.checked_arrays import read_array
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


def load_data(request: Request, folder: Path, checksums: Mapping[str, str]) -> TrialData:
    """Return the arrays that a request names, out of the folder where they lie.

    Raises ``ChangedFileError`` for one that has not the checksum that ``checksums`` says by its name.
    """
    import numpy as np

    def read(name: str) -> NDArray[Any]:
        return read_array(folder / name, checksums[name])

    train, validation = (
        Split(read(images_file(request.data[name])), read(labels_file(request.data[name])))
        for name in ("train", "validation")
    )
    train, validation = subset(train, validation, request.trial.train_size, request.trial.seed)
    evaluation = {name: read(images_file(request.data[name])) for name in request.evaluation_sets}
    test_images = evaluation.pop(TEST)
    return TrialData(
        np.concatenate([train.images, validation.images]),
        np.concatenate([train.labels, validation.labels]),
        len(validation),
        test_images,
        evaluation,
    )
