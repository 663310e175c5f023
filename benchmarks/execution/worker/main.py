"""``python -m benchmarks.execution.worker.main FOLDER DESCRIPTOR``: one trial in a process of its own.

Reads the request in FOLDER, leaves an answer there, and tells its stages to DESCRIPTOR. What it prints goes to
the trial's log. It enters the fence before any code of a plug-in is imported.
"""

from __future__ import annotations

import faulthandler
import os
import shutil
import sys
from pathlib import Path

from benchmarks.analysis.prediction_checks import InvalidPredictionError
from benchmarks.catalog.catalog import load_catalog
from benchmarks.catalog.weight_files import use_weights
from benchmarks.common.errors import in_one_line, message_of, one_line
from benchmarks.execution.features.checked_arrays import ChangedFileError
from benchmarks.execution.processes.fence import enter
from benchmarks.execution.protocol import (
    REQUEST,
    SAVED_MODEL,
    WORKPLACE,
    Answer,
    Request,
    Workplace,
    answer_digest,
    read_message,
    write_answer,
)
from benchmarks.execution.stages.channel import StageWriter
from benchmarks.execution.worker.ending import end_first_without_memory, end_now, print_traceback
from benchmarks.execution.worker.measure import measure
from benchmarks.records.saved_models import Fitted, write_saved_model
from models.spec import Unavailable


def main(folder: Path, writer: StageWriter) -> None:
    """Run the trial that ``folder`` asks for, and write its answer, whatever happens to it."""
    faulthandler.enable()
    end_first_without_memory()
    own_pid = os.getpid()
    request, workplace = read_message(folder, REQUEST, Request), read_message(folder, WORKPLACE, Workplace)
    enter(folder, workplace.fence, [Path(path).parent for path in workplace.plugins])
    answer = answer_to(request, workplace, writer, folder)
    if os.getpid() == own_pid:  # a model may have forked, and its child come back to here
        write_answer(answer, folder)
        writer.end(answer_digest(folder))
    end_now()


def answer_to(request: Request, workplace: Workplace, writer: StageWriter, folder: Path) -> Answer:
    """Return the measured trial, or why there is none; the fitted model is left in ``folder`` if it is asked for."""
    try:
        catalog = load_catalog([Path(path) for path in workplace.plugins], refuse_faults=False)
        use_weights(catalog, workplace.weights)
        measurement, predictions, fitted = measure(request, workplace, catalog, writer)
        not_saved = _save(fitted, workplace, folder, writer) if request.save_model else ""
        return Answer("ok", "", measurement, not_saved=not_saved, predictions=predictions)
    except Unavailable as missing:
        return Answer("skipped", one_line(message_of(missing)))
    except MemoryError as error:
        print_traceback()
        return Answer("out-of-memory", one_line(message_of(error)) or "the system gave no more memory")
    except InvalidPredictionError as error:
        return Answer("failed", one_line(message_of(error)))
    except ChangedFileError as error:
        return Answer("failed", str(error))
    except BaseException as error:  # SystemExit and the like are the model's failure too
        print_traceback()
        return Answer("failed", in_one_line(error))


def _save(fitted: Fitted, workplace: Workplace, folder: Path, writer: StageWriter) -> str:
    """Write the fitted model, now that all is measured; return why that cannot be done, if it cannot."""
    writer.begin("save")
    try:
        write_saved_model(fitted, workplace.plugins, folder / SAVED_MODEL)
    except Exception as error:  # whatever pickling the model, or its own save, raises
        print_traceback()
        shutil.rmtree(folder / SAVED_MODEL, ignore_errors=True)
        return in_one_line(error)
    return ""


if __name__ == "__main__":
    main(Path(sys.argv[1]), StageWriter(int(sys.argv[2])))
