"""A progress bar in a notebook, for runs that are started from Python."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from html import escape
from typing import Any

from benchmarks.execution.executor import RemoteStage
from benchmarks.execution.progress import (
    Event,
    Listener,
    RunPlanned,
    TrialFinished,
    TrialProgress,
    TrialStarted,
    ignore,
)


def default_listener() -> Listener:
    """Return what shows a progress bar where this runs in a notebook, and nothing elsewhere."""
    return NotebookBar() if in_notebook() else ignore


def in_notebook() -> bool:
    """Return whether this runs in the kernel of a notebook, which IPython says of itself."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return type(shell).__name__ == "ZMQInteractiveShell"


@dataclass
class NotebookBar:
    """Shows how many trials are done, and which are under way, in one output that is updated."""

    total: int = 0
    done: int = 0
    under_way: dict[str, str] = field(default_factory=dict)
    output: Any = None

    def __call__(self, event: Event) -> None:
        match event:
            case RunPlanned():
                self.total = len(event.trials)
            case TrialStarted():
                self.under_way[event.planned.trial.key] = "start"
            case TrialProgress():
                step = f" {event.stage.step}/{event.stage.steps}" if event.stage.step is not None else ""
                where = f" on {event.stage.machine}" if isinstance(event.stage, RemoteStage) else ""
                self.under_way[event.trial.key] = f"{event.stage.stage}{step}{where}"
            case TrialFinished():
                self.under_way.pop(event.result.trial.key, None)
                self.done += 1
            case _:
                return
        self._show()

    def as_html(self) -> str:
        """Return the bar, followed by the trials under way."""
        trials = ", ".join(escape(f"{key}: {stage}") for key, stage in self.under_way.items())
        return (
            f'<progress max="{self.total}" value="{self.done}"></progress> {self.done} of {self.total} trials {trials}'
        )

    def _show(self) -> None:
        from IPython.display import HTML, display

        if self.output is None:
            self.output = display(HTML(self.as_html()), display_id=True)
        else:
            self.output.update(HTML(self.as_html()))
