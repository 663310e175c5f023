"""``bench.py run``: runs trials, shows how far they are, and prints the leaderboard."""

from __future__ import annotations

import contextlib
import signal
import sys
from argparse import Namespace
from dataclasses import fields
from types import FrameType
from typing import Any

from benchmarks import api
from benchmarks.cli.display.trials import RunDisplay
from benchmarks.execution.config import RunConfig
from benchmarks.records.dataset_file import NoResultsError
from benchmarks.report.data.findings import Findings
from benchmarks.report.run import Run
from benchmarks.report.text.table import as_text, evaluation_table, failures, notes, warnings

OK, SOME_FAILED, INTERRUPTED = 0, 1, 130


def run(options: Namespace) -> int:
    """Run what was chosen; return the exit code."""
    interrupt_once()
    return run_shown(config_of(options))


def config_of(options: Namespace, **changed: Any) -> RunConfig:
    """Return what the options of a command ask for; what a command has no option for stays at its default."""
    given = {field.name: getattr(options, field.name) for field in fields(RunConfig) if hasattr(options, field.name)}
    return RunConfig(**{**given, **changed})


def run_shown(config: RunConfig) -> int:
    """Run what a configuration asks for, with a live display and the leaderboard; return the exit code."""
    with RunDisplay() as display:
        try:
            done = api.execute(config, progress=display)
        except KeyboardInterrupt:
            return _interrupted(config, display)
    sizes = config.train_sizes
    _print_leaderboard(done, max(sizes) if sizes else None)
    return SOME_FAILED if any(status not in ("ok", "skipped") for status in done.statuses.values()) else OK


def leaderboard_text(findings: Findings) -> str:
    """Return the leaderboard of a run, and what to know of it."""
    board = findings.board
    lines = [*notes(board), *warnings(findings), as_text(board.rows), "", *failures(board.rows)]
    return "\n".join(["", *lines, *evaluation_table(board)])


def _print_leaderboard(run: Run, train_size: int | None = None) -> None:
    print(f"{leaderboard_text(run.findings(train_size))}\n{run.folder / 'report.html'}")


def _interrupted(config: RunConfig, display: RunDisplay) -> int:
    """Print what there is so far, and how to go on."""
    if display.dataset:
        with contextlib.suppress(NoResultsError):  # nothing may have been measured yet
            _print_leaderboard(api.load_run(config.run, display.dataset, results_dir=config.results_dir))
    again = "the same command without --force" if config.force else "the same command"
    print(f"interrupted; {again} goes on where this one was", file=sys.stderr)
    return INTERRUPTED


def interrupt_once() -> None:
    """Have signals that end a program interrupt it, so that the workers under way are ended and what is done stored."""
    for ends in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ends, signal.default_int_handler)
    signal.signal(signal.SIGINT, _first_interrupt)


def _first_interrupt(number: int, frame: FrameType | None) -> None:
    """Interrupt the run; a second Ctrl-C must not cut short what follows, which takes seconds."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt
