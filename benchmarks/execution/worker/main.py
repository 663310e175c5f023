"""``python -m benchmarks.execution.worker.main FOLDER``: one trial in a process of its own.

Reads the request in FOLDER and leaves an answer there. What it prints goes to the trial's log.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import shutil
import sys
import traceback
from pathlib import Path

from benchmarks.analysis.prediction_checks import InvalidPredictionError
from benchmarks.catalog.catalog import load_catalog
from benchmarks.common.errors import in_one_line
from benchmarks.execution.protocol import KEPT, Answer, ProgressWriter, Request
from benchmarks.execution.worker.measure import measure
from benchmarks.records.saved_models import Fitted, write_kept
from models.spec import Unavailable


def main(folder: Path) -> None:
    """Run the trial that ``folder`` asks for, and write its answer, whatever happens to it."""
    faulthandler.enable()
    die_first()
    answer_to(Request.read(folder), ProgressWriter(folder), folder).write(folder)


def answer_to(request: Request, say: ProgressWriter, folder: Path) -> Answer:
    """Return the measured trial, or why there is none; the fitted model is left in ``folder`` if it is asked for."""
    try:
        catalog = load_catalog([Path(path) for path in request.plugins])
        spec, pipeline = catalog.models[request.trial.model], catalog.features[request.trial.features]
        measurement, predictions, fitted = measure(request, spec, pipeline, say)
        not_kept = _keep(fitted, request, folder, say) if request.keep_model else ""
        return Answer("ok", "", measurement, predictions, not_kept)
    except Unavailable as missing:
        return Answer("skipped", str(missing))
    except MemoryError as error:
        traceback.print_exc()
        return Answer("out-of-memory", str(error) or "the system gave no more memory")
    except InvalidPredictionError as error:
        return Answer("failed", str(error))
    except BaseException as error:  # SystemExit and the like are the model's failure too
        traceback.print_exc()
        return Answer("failed", in_one_line(error))


def _keep(fitted: Fitted, request: Request, folder: Path, say: ProgressWriter) -> str:
    """Write the fitted model, now that all is measured; return why that cannot be done, if it cannot."""
    say.say("keep")
    try:
        write_kept(fitted, request.plugins, folder / KEPT)
    except Exception as error:  # whatever pickling the model, or its own save, raises
        traceback.print_exc()
        shutil.rmtree(folder / KEPT, ignore_errors=True)
        return in_one_line(error)
    return ""


def die_first() -> None:
    """Where memory runs out before the bench sees it, have Linux end this process and no other."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{os.getpid()}/oom_score_adj").write_text("1000", encoding="ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
