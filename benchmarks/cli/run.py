"""``bench.py run``: runs trials, shows how far they are, and prints the leaderboard."""

from __future__ import annotations

import contextlib
import signal
import sys
from argparse import Namespace
from dataclasses import fields
from types import FrameType

from benchmarks import api
from benchmarks.cli.display import RunDisplay
from benchmarks.execution.config import RunConfig
from benchmarks.records.dataset_file import NoResultsError
from benchmarks.report.run import Run
from benchmarks.report.text.table import as_text, evaluation_table, failures, notes, warnings

OK, SOME_FAILED, INTERRUPTED = 0, 1, 130


def run(options: Namespace) -> int:
    """Run what was chosen; return the exit code."""
    for ends in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ends, signal.default_int_handler)
    signal.signal(signal.SIGINT, _first_interrupt)
    config = RunConfig(**{field.name: getattr(options, field.name) for field in fields(RunConfig)})
    with RunDisplay() as display:
        try:
            done = api.execute(config, progress=display)
        except KeyboardInterrupt:
            return _interrupted(options, display)
    sizes = options.train_sizes
    print(leaderboard_text(done, max(sizes) if sizes else None))
    return SOME_FAILED if any(status not in ("ok", "skipped") for status in done.statuses.values()) else OK


def leaderboard_text(run: Run, train_size: int | None = None) -> str:
    """Return the leaderboard of a run, ranked on ``train_size`` images, with what to know of it."""
    findings = run.findings(train_size)
    board = findings.board
    lines = [*notes(board), *warnings(findings), as_text(board.rows), "", *failures(board.rows)]
    lines += evaluation_table(board)
    return "\n".join(["", *lines, str(run.folder / "report.html")])


def _interrupted(options: Namespace, display: RunDisplay) -> int:
    """Print what there is so far, and how to go on."""
    if display.dataset:
        with contextlib.suppress(NoResultsError):  # nothing may have been measured yet
            print(leaderboard_text(api.load_run(options.run, display.dataset, results_dir=options.results_dir)))
    again = "the same command without --force" if options.force else "the same command"
    print(f"interrupted; {again} goes on where this one was", file=sys.stderr)
    return INTERRUPTED


def _first_interrupt(number: int, frame: FrameType | None) -> None:
    """Interrupt the run; a second Ctrl-C must not cut short what follows, which takes seconds."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt
