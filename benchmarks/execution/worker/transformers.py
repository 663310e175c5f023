"""The matrices of a trial and their transformer in the model's process: read, checked, and never unpickled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.catalog.descriptions import home_of
from benchmarks.execution.features.cache import TEST, TRAIN, TRANSFORMER, FeatureFiles
from benchmarks.execution.features.checked_arrays import read_array, read_bytes
from benchmarks.execution.features.transformer_state import decoded
from features.spec import FeaturePipeline, Transformer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class FeatureMatrices:
    """The matrices of the training and the test images, in memory of this process, and not to be written to."""

    train: NDArray[np.float32]
    test: NDArray[np.float32]


def read_matrices(files: FeatureFiles | None) -> FeatureMatrices:
    """Return the matrices; raises ``ChangedFileError``."""
    if files is None:
        raise ValueError("the request names no feature matrices")
    train, test = (read_array(files.path(name), files.checksums[name]) for name in (TRAIN, TEST))
    return FeatureMatrices(train, test)


def read_transformer(files: FeatureFiles | None, pipeline: FeaturePipeline, images: NDArray[np.uint8]) -> Transformer:
    """Return the transformer that made the matrices of the training ``images``; raises ``ChangedFileError``."""
    if files is None or TRANSFORMER not in files.checksums:
        return pipeline.build().fit(images)
    return decoded(read_bytes(files.path(TRANSFORMER), files.checksums[TRANSFORMER]), homes_of(pipeline))


def homes_of(pipeline: FeaturePipeline) -> tuple[str, ...]:
    """Return the modules in which a plug-in's classes may be: where its ``build`` is written."""
    return (home_of(pipeline.build).partition(".")[0],)
