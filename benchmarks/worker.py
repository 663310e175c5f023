"""``python -m benchmarks.worker FOLDER``: one trial in a process of its own.

Reads the request in FOLDER and leaves an answer there. What it prints goes to the trial's log.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import sys
import traceback
from pathlib import Path

from benchmarks.answers import WrongAnswerError
from benchmarks.catalog import load_catalog
from benchmarks.measure import measure
from benchmarks.messages import Answer, ProgressWriter, Request
from models.spec import Unavailable


def main(folder: Path) -> None:
    """Run the trial that ``folder`` asks for, and write its answer, whatever happens to it."""
    faulthandler.enable()
    die_first()
    answer_to(Request.read(folder), ProgressWriter(folder)).write(folder)


def answer_to(request: Request, say: ProgressWriter) -> Answer:
    """Return the measured trial, or why there is none."""
    try:
        catalog = load_catalog([Path(path) for path in request.plugins])
        spec, pipeline = catalog.models[request.trial.model], catalog.features[request.trial.features]
        measurement, predictions = measure(request, spec, pipeline, say)
        return Answer("ok", "", measurement, predictions)
    except Unavailable as missing:
        return Answer("skipped", str(missing))
    except MemoryError as error:
        traceback.print_exc()
        return Answer("out-of-memory", str(error) or "the system gave no more memory")
    except WrongAnswerError as error:
        return Answer("failed", str(error))
    except BaseException as error:  # SystemExit and the like are the model's failure too
        traceback.print_exc()
        return Answer("failed", f"{type(error).__name__}: {error}")


def die_first() -> None:
    """Where memory runs out before the bench sees it, have Linux end this process and no other."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{os.getpid()}/oom_score_adj").write_text("1000", encoding="ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
