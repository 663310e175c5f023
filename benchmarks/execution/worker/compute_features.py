"""``python -m benchmarks.execution.worker.compute_features FOLDER DESCRIPTOR``: the feature matrices of a trial.

Runs the code of its pipeline and of no model. Reads the request in FOLDER, leaves matrices and an answer there, and
tells its stages to DESCRIPTOR. It enters the fence before any code of a plug-in is imported.
"""

from __future__ import annotations

import faulthandler
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.catalog.catalog import load_catalog
from benchmarks.catalog.weight_files import use_weights
from benchmarks.common.clock import timed
from benchmarks.common.errors import in_one_line, message_of, one_line
from benchmarks.execution.features.cache import TEST, TRAIN, TRANSFORMER
from benchmarks.execution.features.checked_arrays import ChangedFileError, checksum, write_array
from benchmarks.execution.features.transformer_state import NotPlainError, encoded
from benchmarks.execution.processes.fence import enter
from benchmarks.execution.protocol import (
    ANSWER,
    REQUEST,
    WORKPLACE,
    FeaturesAnswer,
    Request,
    Workplace,
    answer_digest,
    read_message,
    write_message,
)
from benchmarks.execution.stages.channel import StageWriter
from benchmarks.execution.worker.ending import end_first_without_memory, end_now, print_traceback
from benchmarks.execution.worker.transformers import homes_of
from benchmarks.execution.worker.trial_data import TrialData, load_data
from features.spec import FeaturePipeline, Transformer, Unavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def main(folder: Path, writer: StageWriter) -> None:
    """Compute what ``folder`` asks for, and write the answer, whatever happens."""
    faulthandler.enable()
    end_first_without_memory()
    own_pid = os.getpid()
    request, workplace = read_message(folder, REQUEST, Request), read_message(folder, WORKPLACE, Workplace)
    enter(folder, workplace.fence, [Path(path).parent for path in workplace.plugins])
    answer = answer_to(request, workplace, folder, writer)
    if os.getpid() == own_pid:  # a pipeline may have forked, and its child come back to here
        write_message(folder, ANSWER, answer)
        writer.end(answer_digest(folder))
    end_now()


def answer_to(request: Request, workplace: Workplace, folder: Path, writer: StageWriter) -> FeaturesAnswer:
    """Return the checksums of the matrices, which are left in ``folder``, or why there are none."""
    try:
        catalog = load_catalog([Path(path) for path in workplace.plugins], refuse_faults=False)
        use_weights(catalog, workplace.weights)
        pipeline = catalog.features[request.trial.features]
        return _compute(request, workplace, folder, writer, pipeline, homes_of(pipeline))
    except Unavailable as missing:
        return FeaturesAnswer("skipped", one_line(message_of(missing)))
    except MemoryError as error:
        print_traceback()
        return FeaturesAnswer("out-of-memory", one_line(message_of(error)) or "the system gave no more memory")
    except ChangedFileError as error:
        return FeaturesAnswer("failed", str(error))
    except BaseException as error:  # SystemExit and the like are the pipeline's failure too
        print_traceback()
        return FeaturesAnswer("failed", in_one_line(error))


def _compute(
    request: Request,
    workplace: Workplace,
    folder: Path,
    writer: StageWriter,
    pipeline: FeaturePipeline,
    homes: tuple[str, ...],
) -> FeaturesAnswer:
    writer.begin("weights")
    if pipeline.weights:
        pipeline.weights.path()  # fetched here, so that the network's speed is in no figure but the total
    writer.begin("data")
    data = load_data(request, Path(workplace.arrays), workplace.checksums)
    writer.begin("imports")
    for name in pipeline.requires:
        import_module(name)
    writer.begin("features")
    (transformer, train, test), seconds = timed(lambda: _transform(pipeline, data))
    writer.begin("store")
    checksums = {}
    for name, matrix, images in ((TRAIN, train, data.images), (TEST, test, data.test_images)):
        checksums[name] = write_array(folder / name, _checked(matrix, len(images), pipeline.name))
    try:
        state = encoded(transformer, homes)
    except NotPlainError as error:
        print(f"the transformer is fitted again in each process that needs it, because {error}", file=sys.stderr)
    else:
        (folder / TRANSFORMER).write_bytes(state)
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
    main(Path(sys.argv[1]), StageWriter(int(sys.argv[2])))
