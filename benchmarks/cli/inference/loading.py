"""A saved model is loaded for a command, which says on the error output what changed since it was trained."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from pathlib import Path

from benchmarks.api import Predictor
from benchmarks.catalog.catalog import read_catalog
from benchmarks.catalog.quick import QUICK
from benchmarks.catalog.weight_files import use_weights, with_weight_files
from benchmarks.cli.inference.quiet import without_notices
from benchmarks.common.errors import BenchError
from benchmarks.execution.processes.supervisor import FOR_KERAS
from benchmarks.inference.saved_model import saved_rows

LOCAL = "local"


def load_predictor(options: Namespace, run: str, row: str) -> Predictor:
    """Return the saved model of a row; raises ``BenchError``."""
    os.environ.update(FOR_KERAS)
    catalog = read_catalog()
    use_weights(catalog, with_weight_files(catalog, options.weights).weights)
    with without_notices():
        predictor = Predictor.load(
            run,
            row,
            dataset=options.dataset,
            results_dir=options.results_dir,
            plugins=options.plugins,
            trust=options.trust,
        )
    row = predictor.saved.row
    if predictor.changes:
        text = f"{row}: {predictor.changes} changed since it was trained; its predictions may have too"
        print(text, file=sys.stderr)
    if predictor.data_changed:
        text = f"{row}: the run's data changed since; it predicts the classes that it was trained on"
        print(text, file=sys.stderr)
    return predictor


def run_with_models(results: Path, dataset: str | None) -> str | None:
    """Return the run that is meant where none is named: local if it has saved models, or else quick; None without."""
    return next((run for run in (LOCAL, QUICK) if has_models(results, run, dataset)), None)


def has_models(results: Path, run: str, dataset: str | None) -> bool:
    """Return whether a run has saved models; raises ``BenchError`` if it has some on several datasets, none named."""
    try:
        return bool(saved_rows(results, run, dataset))
    except BenchError as error:
        if "--dataset" in str(error):
            raise
        return False
