"""``bench.py export-model``: a saved model as an ONNX file."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from benchmarks.catalog.catalog import read_catalog
from benchmarks.cli.inference.loading import load_predictor
from benchmarks.cli.inference.quiet import without_notices
from benchmarks.common.paths import cache_folder
from benchmarks.datasets.registry import data_places
from benchmarks.execution.processes.supervisor import SLEEPING_THREADS, THREAD_VARIABLES
from benchmarks.export.latency import one_core

EXPORTED = "exported"  # the folder of the files, in that of the run on its dataset


def export_model(options: Namespace) -> int:
    """Write the file and its card; 1 if the file answers some test image otherwise than the original."""
    # before any library is imported: times of one image are compared
    os.environ.update({**SLEEPING_THREADS, **dict.fromkeys(THREAD_VARIABLES, "1")})
    with one_core():
        return _export(options)


def _export(options: Namespace) -> int:
    from benchmarks.export import export
    from benchmarks.export.training_images import open_images

    predictor = load_predictor(options, options.run, options.model)
    saved = predictor.saved
    path = options.out or saved.store.folder / EXPORTED / f"{saved.result.trial.key}{export.SUFFIX}"
    if not options.force:
        export.check_absent(path, options.int8)
    catalog = read_catalog(options.plugins)
    images = open_images(saved, catalog.datasets, data_places(options.data_dir, cache_folder()))
    if not options.out:
        path.parent.mkdir(exist_ok=True)
    with without_notices():
        done = export.export_model(predictor, images, path, options.int8)
    print("\n".join(done.lines()))
    if done.labels_equal:
        return 0
    print(f"{path} does not answer as {predictor.row} does: {done.files[0].parity.sentence()}", file=sys.stderr)
    return 1
