"""What a person sees while trials run: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from benchmarks.analysis.metric import Shown
from benchmarks.analysis.metrics import METRICS
from benchmarks.common.clock import clock
from benchmarks.common.formatting import counted, duration
from benchmarks.execution.decisions import PlannedTrial
from benchmarks.execution.executor import RemoteStage
from benchmarks.execution.progress import (
    DataProgress,
    DatasetRead,
    Event,
    MachinesChanged,
    Notice,
    RunPlanned,
    TrialFinished,
    TrialProgress,
    TrialStarted,
    Waiting,
)
from benchmarks.execution.stages.channel import Stage
from benchmarks.records.trial import TrialResult

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

STYLES = {"ok": "green", "skipped": "yellow", "interrupted": "yellow"}
FIGURES = tuple(metric for metric in METRICS if metric.shown >= Shown.SHORT_TABLES)
COLUMNS = ("", "trial", "status", *(metric.heading for metric in FIGURES))
WIDTHS = (7, 0, 13, *(max(9, len(metric.heading)) for metric in FIGURES))  # the trial's is that of the longest name
WIDEST_NAME = 50  # what is longer pushes the rest of its own line to the right


@dataclass
class Running:
    """A trial under way. ``expected_s`` is None if it never ran before."""

    started: float
    expected_s: float | None
    stage: Stage = field(default_factory=lambda: Stage("start"))

    @property
    def machine(self) -> str:
        """The name of the machine that it runs on; empty for this one."""
        return self.stage.machine if isinstance(self.stage, RemoteStage) else ""

    @property
    def gone_s(self) -> float:
        return clock() - self.started

    @property
    def left_s(self) -> float:
        """How long it will still take; 0 where that is not known."""
        return max((self.expected_s or 0) - self.gone_s, 0)


@dataclass
class RunDisplay:
    """Prints a line for each trial that ends; on a terminal, what is under way is shown below them.

    It is told what happens by being called with each event. ``dataset``: the name of the data that is run on, once
    it is known. ``longer_s``: by how much the trials that ended took longer than they were expected to, in s.
    """

    console: Console = field(default_factory=lambda: Console(highlight=False))
    keys: Sequence[str] = ()
    to_come: dict[str, float | None] = field(default_factory=dict)
    dataset: str = ""
    done: int = 0
    running: dict[str, Running] = field(default_factory=dict)
    longer_s: list[float] = field(default_factory=list)
    machines: Sequence[str] = ()
    live: Live | None = None
    reading: Progress | None = None
    tasks: dict[str, TaskID] = field(default_factory=dict)
    waiting_shown: bool = False

    def __call__(self, event: Event) -> None:
        match event:
            case Notice():
                print(event.text, file=sys.stderr)
            case DataProgress():
                self._data_progress(event)
            case DatasetRead():
                self._dataset_read(event)
            case RunPlanned():
                self._planned(event.trials)
            case Waiting():
                self._waits(event.holder)
            case MachinesChanged():
                self._machines_changed(event)
            case TrialStarted():
                self._started(event.planned)
            case TrialProgress():
                self._progress(event.trial.key, event.stage)
            case TrialFinished():
                self._finished(event)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self.reading:
            self.reading.stop()
        if self.live:
            self.live.stop()

    def _data_progress(self, event: DataProgress) -> None:
        if not self.console.is_terminal:
            return
        if self.reading is None:
            from rich.progress import Progress  # few runs read data that take a while

            self.reading = Progress(console=self.console, transient=True)
            self.reading.start()
        if event.what not in self.tasks:
            self.tasks[event.what] = self.reading.add_task(event.what)
        self.reading.update(self.tasks[event.what], completed=event.done, total=event.total)

    def _dataset_read(self, event: DatasetRead) -> None:
        if self.reading:
            self.reading.stop()
        self.dataset = event.name
        print("\n".join([f"{event.name} → {event.folder}", *event.lines]), flush=True)
        if event.picture:
            print(f"original images beside prepared ones: {event.picture}", flush=True)

    def _planned(self, trials: Sequence[PlannedTrial]) -> None:
        self.keys = [planned.trial.key for planned in trials]
        self.to_come = {planned.trial.key: planned.expected_s for planned in trials if not planned.reused}
        reused = f"{counted(len(self.keys), 'trial')}, {len(self.keys) - len(self.to_come)} of them reused"
        self.console.print(Text(f"{reused}; {self.time_to_come()}".rstrip("; ")), soft_wrap=True)
        self.console.print(Text(self.columns(COLUMNS), style="bold"), soft_wrap=True)
        if self.console.is_terminal:
            # nothing redraws by itself: that would take time from the trial that is being measured
            self.live = Live(console=self.console, auto_refresh=False, transient=True)
            self.live.start()

    def _started(self, planned: PlannedTrial) -> None:
        key = planned.trial.key
        self.to_come.pop(key, None)
        self.running[key] = Running(clock(), planned.expected_s)
        if planned.stored:
            self.console.print(Text(f"{'':7} {key} is re-run: {planned.reason}", style="dim"), soft_wrap=True)
        self._redraw()

    def _machines_changed(self, event: MachinesChanged) -> None:
        self.machines = event.machines
        there = f"{'; '.join(event.news)} ({counted(len(self.machines), 'machine')})"
        self.console.print(Text(f"{'':7} {there}", style="dim"), soft_wrap=True)
        self._redraw()

    def _progress(self, key: str, stage: Stage) -> None:
        trial = self.running[key]
        before, trial.stage = trial.machine, stage
        if trial.machine != before:
            left = f", about {duration(trial.expected_s)}" if trial.expected_s else ""
            self.console.print(Text(f"{'':7} {key} runs on {trial.machine}{left}", style="dim"), soft_wrap=True)
        self._redraw()

    def _waits(self, holder: str) -> None:
        """Say, once a run, that another bench is measuring; ``holder`` is empty where it is not known which."""
        if not self.waiting_shown:
            self.waiting_shown = True
            which = f" ({holder})" if holder else ""
            text = f"{'':7} waiting: another run of yours{which} is measuring; only one measures at a time"
            self.console.print(Text(text, style="dim"), soft_wrap=True)

    def _finished(self, event: TrialFinished) -> None:
        result = event.result
        self.to_come.pop(result.trial.key, None)
        trial = self.running.pop(result.trial.key, None)
        if trial and trial.expected_s and result.ok:
            self.longer_s.append(trial.gone_s - trial.expected_s)
        self.done += 1
        self.console.print(self._line(result, "ok, reused" if event.reused else result.status), soft_wrap=True)
        if result.reason:
            self.console.print(Text(f"{'':7} {result.reason}", style="dim"), soft_wrap=True)
        if event.not_saved:
            text = f"{'':7} the model of {result.trial.key} is not saved: {event.not_saved}"
            self.console.print(Text(text, style="yellow"), soft_wrap=True)
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
            gone = f"{duration(trial.gone_s)} gone" + (f", {duration(trial.left_s)} left" if trial.expected_s else "")
            where = f"{trial.machine}: " if trial.machine else ""
            table.add_row("▸", Text(f"{where}{key}", style="bold"), Text(stage_text(trial.stage)), gone)
        busy = {trial.machine for trial in self.running.values()}
        for machine in self.machines:
            if machine not in busy:
                table.add_row("", Text(f"{machine}: nothing", style="dim"), "", "")
        table.add_row("", f"{self.done} of {len(self.keys)} done", Text(self.time_to_come(), style="dim"), "")
        return table

    def time_to_come(self) -> str:
        """Say how long the rest will take, as far as stored times tell, and how much longer trials take here.

        Stored times know neither the start of processes on this machine nor features that were cached: "at least".
        """
        left = [trial.left_s for trial in self.running.values()]
        known = [seconds for seconds in self.to_come.values() if seconds is not None]
        n_unknown = len(self.to_come) - len(known) + sum(trial.expected_s is None for trial in self.running.values())
        unknown = f"{n_unknown} not timed before" if n_unknown else ""
        if not known and not any(left):
            return unknown
        longer_s = max(fmean(self.longer_s), 0.0) if self.longer_s else 0.0
        known = [seconds + longer_s for seconds in known]
        # several machines share the work, but not one trial
        seconds = max((sum(left) + sum(known)) / max(len(self.machines), 1), *left, *known)
        how_sure = "about" if self.longer_s else "at least"
        return f"{how_sure} {duration(seconds)} to come" + (f", and {unknown}" if unknown else "")


def stage_text(stage: Stage) -> str:
    """Say where a trial is: ``fit 3/20, loss 0.1``."""
    step = f" {stage.step}/{stage.steps}" if stage.step is not None else ""
    figures = "".join(f", {name} {value:.4g}" for name, value in stage.figures.items() if value is not None)
    return f"{stage.stage}{step}{figures}"
