"""``python -m benchmarks.execution.worker.compute_features FOLDER DESCRIPTOR``: the feature matrices of a trial.

Runs the code of its pipeline and of no model. Reads the request in FOLDER, leaves matrices and an answer there, and
tells its stages to DESCRIPTOR.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.catalog.catalog import Catalog
from benchmarks.common.clock import timed
from benchmarks.execution.features.cache import TEST, TRAIN, TRANSFORMER
from benchmarks.execution.features.checked_arrays import checksum, write_array
from benchmarks.execution.features.transformer_state import NotPlainError, encoded
from benchmarks.execution.protocol import FeaturesAnswer
from benchmarks.execution.stages.channel import StageWriter
from benchmarks.execution.worker.answering import Job, answer_request
from benchmarks.execution.worker.transformers import homes_of
from benchmarks.execution.worker.trial_data import TrialData, load_data
from features.spec import FeaturePipeline, Transformer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def compute_features(job: Job, catalog: Catalog) -> FeaturesAnswer:
    """Return the checksums of the matrices, which are left in the job's folder; raises whatever the pipeline raises."""
    pipeline, writer = catalog.features[job.request.trial.features], job.writer
    homes = homes_of(pipeline)
    writer.begin("weights")
    if pipeline.weights:
        pipeline.weights.path()  # fetched here, so that the network's speed is in no figure but the total
    writer.begin("data")
    data = load_data(job.request, Path(job.workplace.arrays), job.workplace.checksums)
    writer.begin("imports")
    for name in pipeline.requires:
        import_module(name)
    writer.begin("features")
    (transformer, train, test), seconds = timed(lambda: _transform(pipeline, data))
    writer.begin("store")
    checksums = {}
    for name, matrix, images in ((TRAIN, train, data.images), (TEST, test, data.test_images)):
        checksums[name] = write_array(job.folder / name, _checked(matrix, len(images), pipeline.name))
    try:
        state = encoded(transformer, homes)
    except NotPlainError as error:
        print(f"the transformer is fitted again in each process that needs it, because {error}", file=sys.stderr)
    else:
        (job.folder / TRANSFORMER).write_bytes(state)
        checksums[TRANSFORMER] = checksum(state)
    return FeaturesAnswer("ok", "", checksums, seconds)


def _transform(
    pipeline: FeaturePipeline, data: TrialData
) -> tuple[Transformer, NDArray[np.float32], NDArray[np.float32]]:
    transformer = pipeline.build().fit(data.images)
    return transformer, transformer.transform(data.images), transformer.transform(data.test_images)


def _checked(matrix: object, n_images: int, name: str) -> NDArray[np.float32]:
    """Return what is a matrix of one row for each image; raises ValueError for anything else."""
    import numpy as np

    if not isinstance(matrix, np.ndarray) or matrix.shape[:1] != (n_images,) or matrix.dtype.kind not in "fiub":
        what = f"{matrix.dtype} of shape {matrix.shape}" if isinstance(matrix, np.ndarray) else type(matrix).__name__
        raise ValueError(f"{name} gave {what} for {n_images} images; it should be float32, a row for each image")
    return matrix


if __name__ == "__main__":
    answer_request(Path(sys.argv[1]), StageWriter(int(sys.argv[2])), FeaturesAnswer, compute_features)
