"""What a run tells of itself while it is under way."""

from __future__ import annotations

from typing import Protocol

from benchmarks.execution.protocol import Stage
from benchmarks.records.trial import Trial, TrialResult


class Display(Protocol):
    """Told by the harness what happens, possibly from several threads at once."""

    def started(self, trial: Trial, why_again: str, expected_s: float | None) -> None: ...

    def at_stage(self, trial: Trial, stage: Stage) -> None: ...

    def finished(self, result: TrialResult) -> None: ...

    def waits(self, for_whom: str) -> None: ...

    def not_kept(self, trial: Trial, why: str) -> None: ...

    def reused(self, result: TrialResult) -> None: ...
