"""``bench.py tune``: searches better settings of a model, shows how far it is, and says what came out."""

from __future__ import annotations

import contextlib
import sys
import threading
from argparse import Namespace
from dataclasses import fields

from benchmarks.cli.display.study import StudyDisplay
from benchmarks.cli.run import INTERRUPTED, OK, SOME_FAILED, config_of, interrupt_once, run_shown
from benchmarks.common.dependencies import how_to_install, missing_modules
from benchmarks.common.errors import BenchError
from benchmarks.datasets.opening import VALIDATION_SUFFIX
from benchmarks.execution.config import RunConfig
from benchmarks.records.dataset_file import NoResultsError
from benchmarks.report.write import write_reports
from benchmarks.tuning.judging import judge, sentences
from benchmarks.tuning.outcome import Outcome
from benchmarks.tuning.run import run_study
from benchmarks.tuning.setup import Study, StudyOptions, open_study

LIBRARIES = ("optuna", "cmaes")


def tune(options: Namespace) -> int:
    """Work on a study, print what came out, and run the best settings if that is asked for; return the exit code."""
    if missing := missing_modules(LIBRARIES):
        raise BenchError(how_to_install(missing))
    interrupt_once()
    config = _config(options)
    wanted = StudyOptions(**{field.name: getattr(options, field.name) for field in fields(StudyOptions)})
    with StudyDisplay() as display:
        study = open_study(config, wanted, display)
        try:
            run_study(study, threading.Event())
        except KeyboardInterrupt:
            _report(study, judge(study))
            print("interrupted; the same command goes on where this one was", file=sys.stderr)
            return INTERRUPTED
    outcome = judge(study)
    _report(study, outcome)
    if outcome is None:
        return SOME_FAILED
    return _run_on_test(options, outcome) if options.then_run else OK


def _config(options: Namespace) -> RunConfig:
    if "@" in options.row and options.features not in (None, options.row.rpartition("@")[2]):
        raise BenchError(f"{options.row} and --features {options.features} name two pipelines")
    return config_of(options, models=options.row, timeout=options.timeout or RunConfig.timeout)


def _report(study: Study, outcome: Outcome | None) -> None:
    """Print what came out so far, and write the reports of the run."""
    print("\n".join(["", *sentences(study, outcome)]))
    session = study.session
    with contextlib.suppress(NoResultsError):  # nothing may have been measured yet
        write_reports(session.store, session.families, session.images)
        print(session.store.folder / "report.html")


def _run_on_test(options: Namespace, outcome: Outcome) -> int:
    """Run the defaults and the best settings, trained on all images and scored once on the test set: as two rows, or
    as one where the defaults are the best."""
    defaults = f"{outcome.model}@{outcome.features}"
    if not outcome.changed:
        print(f"the defaults are the best, so that one row is run on the test set: {defaults}")
    return run_shown(
        config_of(
            options,
            models=f"{defaults},{outcome.row}" if outcome.changed else defaults,
            features=None,
            dataset=options.dataset.removesuffix(VALIDATION_SUFFIX),
            train_sizes=(),
            timeout=options.timeout or RunConfig.timeout,
        )
    )
