"""``python -m benchmarks.execution.worker.main FOLDER``: one trial in a process of its own.

Reads the request in FOLDER and leaves an answer there. What it prints goes to the trial's log. It enters the fence
before any code of a plug-in is imported.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import shutil
import sys
import threading
import traceback
from dataclasses import replace
from pathlib import Path

from benchmarks.analysis.prediction_checks import InvalidPredictionError
from benchmarks.catalog.catalog import load_catalog
from benchmarks.catalog.weight_files import use_weights
from benchmarks.common.errors import in_one_line, message_of, one_line
from benchmarks.execution.processes.fence import enter
from benchmarks.execution.protocol import (
    REQUEST,
    SAVED_MODEL,
    WORKPLACE,
    Answer,
    ProgressWriter,
    Request,
    Workplace,
    read_message,
    write_answer,
)
from benchmarks.execution.worker.measure import measure
from benchmarks.provenance.environment import machine_environment
from benchmarks.records.saved_models import Fitted, write_saved_model
from models.spec import Unavailable

FLUSH_S = 2.0


def main(folder: Path) -> None:
    """Run the trial that ``folder`` asks for, and write its answer, whatever happens to it."""
    faulthandler.enable()
    end_first_without_memory()
    own_pid = os.getpid()
    request, workplace = read_message(folder, REQUEST, Request), read_message(folder, WORKPLACE, Workplace)
    enter(folder, workplace.fence, [Path(path).parent for path in workplace.plugins])
    answer = answer_to(request, workplace, ProgressWriter(folder), folder)
    if os.getpid() == own_pid:  # a model may have forked, and its child come back to here
        write_answer(replace(answer, environment=machine_environment()), folder)
    end_now()


def answer_to(request: Request, workplace: Workplace, progress: ProgressWriter, folder: Path) -> Answer:
    """Return the measured trial, or why there is none; the fitted model is left in ``folder`` if it is asked for."""
    try:
        catalog = load_catalog([Path(path) for path in workplace.plugins])
        use_weights(catalog, workplace.weights)
        spec, pipeline = catalog.models[request.trial.model], catalog.features[request.trial.features]
        measurement, predictions, fitted = measure(request, workplace, spec, pipeline, progress)
        not_saved = _save(fitted, workplace, folder, progress) if request.save_model else ""
        return Answer("ok", "", measurement, not_saved=not_saved, predictions=predictions)
    except Unavailable as missing:
        return Answer("skipped", one_line(message_of(missing)))
    except MemoryError as error:
        _print_traceback()
        return Answer("out-of-memory", one_line(message_of(error)) or "the system gave no more memory")
    except InvalidPredictionError as error:
        return Answer("failed", one_line(message_of(error)))
    except BaseException as error:  # SystemExit and the like are the model's failure too
        _print_traceback()
        return Answer("failed", in_one_line(error))


def _save(fitted: Fitted, workplace: Workplace, folder: Path, progress: ProgressWriter) -> str:
    """Write the fitted model, now that all is measured; return why that cannot be done, if it cannot."""
    progress.report("save")
    try:
        write_saved_model(fitted, workplace.plugins, folder / SAVED_MODEL)
    except Exception as error:  # whatever pickling the model, or its own save, raises
        _print_traceback()
        shutil.rmtree(folder / SAVED_MODEL, ignore_errors=True)
        return in_one_line(error)
    return ""


def _print_traceback() -> None:
    with contextlib.suppress(BaseException):  # a model may have closed the output
        traceback.print_exc()


def end_now() -> None:
    """End this process whatever threads and exit handlers a model left: the answer is complete."""
    flushing = threading.Thread(target=_flush, daemon=True)
    flushing.start()
    flushing.join(FLUSH_S)  # a thread of the model may hold the output's lock
    os._exit(0)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()


def end_first_without_memory() -> None:
    """Where memory runs out before the bench sees it, have Linux end this process and no other."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{os.getpid()}/oom_score_adj").write_text("1000", encoding="ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
