"""What a person sees of a study under way: a line for each setting, the best so far, how long the rest will take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from benchmarks.cli.display.trials import RunDisplay, stage_text
from benchmarks.common.formatting import counted, duration
from benchmarks.execution.progress import DataProgress, DatasetRead, Event, Notice, TrialProgress, Waiting
from benchmarks.tuning.goals import short, text_of
from benchmarks.tuning.progress import AttemptFinished, AttemptStarted, StudyEvent, StudyOpened, TimeIsUp
from benchmarks.tuning.study import Attempt, Definition

STYLES = {"complete": "green", "pruned": "yellow", "failed": "red"}


@dataclass
class StudyDisplay:
    """Is told what happens by being called with each event, of the study and of its trials."""

    console: Console = field(default_factory=lambda: Console(highlight=False))
    definition: Definition | None = None
    last: AttemptFinished | None = None
    live: Live | None = None
    of_data: RunDisplay = field(init=False)

    def __post_init__(self) -> None:
        self.of_data = RunDisplay(self.console)

    def __call__(self, event: Event | StudyEvent) -> None:
        match event:
            case Notice() | DataProgress() | DatasetRead() | Waiting():
                self.of_data(event)
            case StudyOpened():
                self._opened(event)
            case AttemptStarted():
                if event.adopted:
                    self._line(f"{'':7} {self._settings(event.attempt)}: tried again, because a bench ended", "dim")
            case AttemptFinished():
                self._finished(event)
            case TimeIsUp():
                self._time_is_up(event)
            case TrialProgress():
                self._redraw(stage_text(event.stage))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.of_data.__exit__(*error)
        if self.live:
            self.live.stop()

    def _opened(self, event: StudyOpened) -> None:
        self.definition = event.definition
        definition = event.definition
        stored = f", {event.n_done} of them stored" if event.n_done else ""
        goals = " and ".join(map(short, definition.goals))
        self._line(
            f"study {definition.name} of {definition.row}: {counted(event.n_trials, 'setting')}{stored}, "
            f"by {definition.sampler} with seed {definition.seed}, minimising {goals}"
        )
        self._line(f"searched: {'; '.join(definition.space)}")
        if event.untouched:
            self._line(f"not searched, default values: {', '.join(event.untouched)}", "dim")
        if self.console.is_terminal:
            self.live = Live(console=self.console, auto_refresh=False, transient=True)
            self.live.start()

    def _finished(self, event: AttemptFinished) -> None:
        self.last = event
        attempt = event.attempt
        result = self._values(attempt) if attempt.values else f"{attempt.state}: {attempt.reason}"
        count = f"{event.n_done}/{event.n_trials}"
        best = f"; best so far {self._values(event.best)}" if event.best and event.best.number != attempt.number else ""
        left = f"; about {duration(event.left_s)} left" if event.left_s else ""
        self._line(f"{count:7} {self._settings(attempt)}  {result}{best}{left}", STYLES.get(attempt.state, ""))
        self._redraw("")

    def _time_is_up(self, event: TimeIsUp) -> None:
        after = f"after {event.n_done} of {counted(event.n_trials, 'setting')}"
        stopped = "; ".join(map(self._settings, event.stopped))
        goes_on = f"; stopped, and tried again by the same command: {stopped}" if stopped else ""
        self._line(f"the time is up (--minutes {event.minutes:g}) {after}{goes_on}", "yellow")

    def _settings(self, attempt: Attempt) -> str:
        if attempt.is_default:
            return "the defaults"
        return ", ".join(f"{name}={value}" for name, value in attempt.settings.items())

    def _values(self, attempt: Attempt | None) -> str:
        if attempt is None or attempt.values is None or self.definition is None:
            return ""
        return ", ".join(
            f"{short(goal)} {text_of(goal, v)}" for goal, v in zip(self.definition.goals, attempt.values, strict=True)
        )

    def _line(self, text: str, style: str = "") -> None:
        self.console.print(Text(text, style=style), soft_wrap=True)

    def _redraw(self, stage: str) -> None:
        if not self.live:
            return
        last = self.last
        done = f"{last.n_done} of {last.n_trials} settings tried" if last else "the defaults come first"
        best = f"best so far {self._values(last.best)}" if last and last.best else ""
        left = f"about {duration(last.left_s)} left" if last and last.left_s else ""
        self.live.update(Text("  ".join(filter(None, [done, best, left, stage])), style="dim"), refresh=True)
