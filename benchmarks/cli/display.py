"""What a person sees while trials run: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from benchmarks.analysis.metric import Shown
from benchmarks.analysis.metrics import METRICS
from benchmarks.common.clock import clock
from benchmarks.common.formatting import counted, duration
from benchmarks.execution.protocol import Stage
from benchmarks.records.trial import Trial, TrialResult

STYLES = {"ok": "green", "skipped": "yellow", "interrupted": "yellow"}
FIGURES = tuple(metric for metric in METRICS if metric.shown >= Shown.SHORT_TABLES)
COLUMNS = ("", "trial", "status", *(metric.heading for metric in FIGURES))
WIDTHS = (7, 0, 13, *[9] * len(FIGURES))  # the trial's is that of the longest name
WIDEST_NAME = 50  # what is longer pushes the rest of its own line to the right


@dataclass
class Running:
    """A trial under way. ``expected_s`` is None if it never ran before."""

    started: float
    expected_s: float | None
    stage: Stage = field(default_factory=lambda: Stage("start"))


@dataclass
class RunDisplay:
    """Prints a line for each trial of ``keys`` that ends; ``live`` adds what is under way below them."""

    console: Console
    keys: Sequence[str]
    to_come: dict[str, float | None]
    done: int = 0
    running: dict[str, Running] = field(default_factory=dict)
    live: Live | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)
    said_that_it_waits: bool = False

    def started(self, trial: Trial, why_again: str, expected_s: float | None) -> None:
        with self.lock:
            self.to_come.pop(trial.key, None)
            self.running[trial.key] = Running(clock(), expected_s)
            if why_again:
                self.console.print(Text(f"{'':7} {trial.key} is run again: {why_again}", style="dim"))
            self._redraw()

    def at_stage(self, trial: Trial, stage: Stage) -> None:
        with self.lock:
            self.running[trial.key].stage = stage
            self._redraw()

    def finished(self, result: TrialResult) -> None:
        self._end(result, result.status)

    def reused(self, result: TrialResult) -> None:
        self._end(result, "ok, stored")

    def waits(self, for_whom: str) -> None:
        """Say, once a run, that another bench is measuring; ``for_whom`` is empty where it is not known which."""
        if not self.said_that_it_waits:
            self.said_that_it_waits = True
            which = f" ({for_whom})" if for_whom else ""
            said = f"{'':7} another bench of yours{which} is measuring; they take turns"
            self.console.print(Text(said, style="dim"), soft_wrap=True)

    def not_kept(self, trial: Trial, why: str) -> None:
        """Say that a fitted model could not be kept; its result is."""
        self.console.print(Text(f"{'':7} the model of {trial.key} is not kept: {why}", style="yellow"), soft_wrap=True)

    def _end(self, result: TrialResult, status: str) -> None:
        with self.lock:
            self.to_come.pop(result.trial.key, None)
            self.running.pop(result.trial.key, None)
            self.done += 1
            self.console.print(self._line(result, status), soft_wrap=True)
            if result.reason:
                self.console.print(Text(f"{'':7} {result.reason}", style="dim"), soft_wrap=True)
            self._redraw()

    def _line(self, result: TrialResult, status: str) -> Text:
        cells = (
            f"{self.done}/{len(self.keys)}",
            result.trial.key,
            status,
            *(metric.text(metric.of_trial(result)) for metric in FIGURES),
        )
        return Text(self.columns(cells), style=STYLES.get(result.status, "red"))

    def columns(self, cells: Sequence[str]) -> str:
        """Lay cells out under the headings."""
        name = min(max(map(len, self.keys), default=0), WIDEST_NAME)
        widths = [width or name for width in WIDTHS]
        return " ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()

    def _redraw(self) -> None:
        if self.live:
            self.live.update(self._now(), refresh=True)

    def _now(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for key, trial in self.running.items():
            gone = clock() - trial.started
            table.add_row("▸", Text(key, style="bold"), stage_text(trial.stage), f"{duration(gone)} gone")
        table.add_row("", f"{self.done} of {len(self.keys)} done", Text(self.time_to_come(), style="dim"), "")
        return table

    def time_to_come(self) -> str:
        """Say how long the rest will take, as far as stored times tell."""
        left = [max((trial.expected_s or 0) - (clock() - trial.started), 0) for trial in self.running.values()]
        known = [seconds for seconds in self.to_come.values() if seconds is not None]
        n_unknown = len(self.to_come) - len(known) + sum(trial.expected_s is None for trial in self.running.values())
        unknown = f"{n_unknown} never timed before" if n_unknown else ""
        if not known and not any(left):
            return unknown
        return f"about {duration(sum(left) + sum(known))} to come" + (f", and {unknown}" if unknown else "")


@contextlib.contextmanager
def display(keys: Sequence[str], to_come: Mapping[str, float | None]) -> Iterator[RunDisplay]:
    """Show a run from its first trial to its last.

    ``keys``: of all its trials; ``to_come``: of those that are not stored, with expected times in s, None if unknown.
    """
    console = Console(highlight=False)
    shown = RunDisplay(console, keys, dict(to_come))
    stored = f"{counted(len(keys), 'trial')}, {len(keys) - len(to_come)} of them stored"
    console.print(Text(f"{stored}; {shown.time_to_come()}".rstrip("; ")))
    console.print(Text(shown.columns(COLUMNS), style="bold"), soft_wrap=True)
    if not console.is_terminal:
        yield shown
        return
    # nothing redraws by itself: that would take time from the trial that is being measured
    with Live(console=console, auto_refresh=False, transient=True) as shown.live:
        yield shown


def stage_text(stage: Stage) -> str:
    """Say where a trial is: ``fit 3/20, loss 0.1``."""
    step = f" {stage.step}/{stage.steps}" if stage.step is not None else ""
    figures = "".join(f", {name} {value:.4g}" for name, value in (stage.figures or {}).items())
    return f"{stage.stage}{step}{figures}"
