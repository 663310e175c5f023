"""``python -m benchmarks.execution.worker.main FOLDER DESCRIPTOR``: one trial in a process of its own.

Reads the request in FOLDER, leaves an answer there, and tells its stages to DESCRIPTOR. What it prints goes to
the trial's log.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from benchmarks.catalog.catalog import Catalog
from benchmarks.common.errors import in_one_line
from benchmarks.execution.protocol import SAVED_MODEL, Answer
from benchmarks.execution.stages.channel import StageWriter
from benchmarks.execution.worker.answering import Job, answer_request
from benchmarks.execution.worker.ending import print_traceback
from benchmarks.execution.worker.measure import measure
from benchmarks.records.saved_models import Fitted, write_saved_model


def run_trial(job: Job, catalog: Catalog) -> Answer:
    """Return the measured trial; the fitted model is left in the job's folder if it is asked for.

    Raises whatever the model raises, and ``InvalidPredictionError`` if its predictions cannot be scored.
    """
    measurement, predictions, fitted = measure(job.request, job.workplace, catalog, job.writer)
    not_saved = _save(fitted, job) if job.request.save_model else ""
    return Answer("ok", "", measurement, not_saved=not_saved, predictions=predictions)


def _save(fitted: Fitted, job: Job) -> str:
    """Write the fitted model, now that all is measured; return why that cannot be done, if it cannot."""
    job.writer.begin("save")
    try:
        write_saved_model(fitted, job.workplace.plugins, job.folder / SAVED_MODEL)
    except Exception as error:  # whatever pickling the model, or its own save, raises
        print_traceback()
        shutil.rmtree(job.folder / SAVED_MODEL, ignore_errors=True)
        return in_one_line(error)
    return ""


if __name__ == "__main__":
    answer_request(Path(sys.argv[1]), StageWriter(int(sys.argv[2])), Answer, run_trial)
