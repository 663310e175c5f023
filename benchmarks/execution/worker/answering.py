"""A worker from its request to its answer: the same for a trial and for the computation of features."""

from __future__ import annotations

import faulthandler
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar

from benchmarks.analysis.prediction_checks import InvalidPredictionError
from benchmarks.catalog.catalog import Catalog, load_catalog
from benchmarks.catalog.weight_files import use_weights
from benchmarks.common.errors import message_of, one_line
from benchmarks.execution.features.checked_arrays import ChangedFileError
from benchmarks.execution.processes.fence import enter
from benchmarks.execution.processes.fencing.refusals import reason_of
from benchmarks.execution.protocol import (
    REQUEST,
    WORKPLACE,
    Answer,
    FeaturesAnswer,
    Request,
    Workplace,
    answer_digest,
    read_message,
    write_answer,
)
from benchmarks.execution.stages.channel import StageWriter
from benchmarks.execution.worker.ending import end_first_without_memory, end_now, print_traceback
from models.spec import Unavailable

Told = TypeVar("Told", Answer, FeaturesAnswer)


@dataclass(frozen=True)
class Job:
    """What a worker is asked for. ``folder``: where its results are left; ``writer``: what it tells its stages to."""

    request: Request
    workplace: Workplace
    folder: Path
    writer: StageWriter


def answer_request(folder: Path, writer: StageWriter, kind: type[Told], do: Callable[[Job, Catalog], Told]) -> NoReturn:
    """Do what is asked for in ``folder``, leave the answer there, whatever happens, and end this process.

    It is inside the fence before any code of a plug-in is imported. ``kind``: of the answer.
    """
    faulthandler.enable()
    end_first_without_memory()
    own_pid = os.getpid()
    request, workplace = read_message(folder, REQUEST, Request), read_message(folder, WORKPLACE, Workplace)
    enter(folder, workplace.fence, [Path(path).parent for path in workplace.plugins])
    answer = _answer_to(Job(request, workplace, folder, writer), kind, do)
    if os.getpid() == own_pid:  # a model may have forked, and its child come back to here
        write_answer(answer, folder)
        writer.end(answer_digest(folder))
    end_now()


def _answer_to(job: Job, kind: type[Told], do: Callable[[Job, Catalog], Told]) -> Told:
    try:
        catalog = load_catalog([Path(path) for path in job.workplace.plugins], refuse_faults=False)
        use_weights(catalog, job.workplace.weights)
        return do(job, catalog)
    except Unavailable as missing:
        return kind("skipped", one_line(message_of(missing)))
    except MemoryError as error:
        print_traceback()
        return kind("out-of-memory", one_line(message_of(error)) or "the system gave no more memory")
    except (InvalidPredictionError, ChangedFileError) as error:
        return kind("failed", one_line(message_of(error)))
    except BaseException as error:  # SystemExit and the like are the model's failure too
        print_traceback()
        return kind("failed", reason_of(error))
