"""The matrices of a trial and their transformer in the model's process: read, checked, and never unpickled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.catalog.catalog import Catalog
from benchmarks.catalog.plugins import module_name
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


def read_transformer(
    files: FeatureFiles | None, pipeline: FeaturePipeline, catalog: Catalog, images: NDArray[np.uint8]
) -> Transformer:
    """Return the transformer that made the matrices of the training ``images``; raises ``ChangedFileError``."""
    if files is None or TRANSFORMER not in files.checksums:
        return pipeline.build().fit(images)
    return decoded(read_bytes(files.path(TRANSFORMER), files.checksums[TRANSFORMER]), homes_of(pipeline, catalog))


def homes_of(pipeline: FeaturePipeline, catalog: Catalog) -> tuple[str, ...]:
    """Return the modules in which a plug-in's classes may be: where its spec and its ``build`` are written."""
    build = getattr(pipeline.build, "func", pipeline.build)  # what it is a partial of
    homes = (build.__module__, *map(module_name, catalog.plugins_of(("FEATURES", pipeline.name))))
    return tuple(home.partition(".")[0] for home in homes)
