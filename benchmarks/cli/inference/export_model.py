"""``bench.py export-model``: a saved model as an ONNX file."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from pathlib import Path

from benchmarks.catalog.catalog import read_catalog
from benchmarks.catalog.weight_files import use_weights, with_weight_files
from benchmarks.common.paths import cache_folder
from benchmarks.datasets.registry import data_places
from benchmarks.execution.processes.supervisor import FOR_KERAS, SLEEPING_THREADS, THREAD_VARIABLES
from benchmarks.export.latency import one_core


def export_model(options: Namespace) -> int:
    """Write the file and its card; 1 if the file answers some test image otherwise than the original."""
    # before any library is imported: times of one image are compared
    os.environ.update({**FOR_KERAS, **SLEEPING_THREADS, **dict.fromkeys(THREAD_VARIABLES, "1")})
    with one_core():
        return _export(options)


def _export(options: Namespace) -> int:
    from benchmarks.api import Predictor
    from benchmarks.export import export
    from benchmarks.export.training_images import open_images

    catalog = read_catalog(options.plugins)
    use_weights(catalog, with_weight_files(catalog, options.weights).weights)
    predictor = Predictor.load(
        options.run,
        options.model,
        dataset=options.dataset,
        results_dir=options.results_dir,
        plugins=options.plugins,
        trust=options.trust,
    )
    images = open_images(predictor.saved, catalog.datasets, data_places(options.data_dir, cache_folder()))
    path = options.out or Path(f"{predictor.saved.result.trial.key}.onnx")
    done = export.export_model(predictor, images, path, options.int8)
    print("\n".join(done.lines()))
    if done.labels_equal:
        return 0
    print(f"{path} does not answer as {predictor.row} does: {done.files[0].parity.sentence()}", file=sys.stderr)
    return 1
