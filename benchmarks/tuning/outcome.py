"""What came out of a study: stored beside its journal, and told in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.analysis.leaderboard import SIGNIFICANT
from benchmarks.catalog.tuned_settings import OUTCOME
from benchmarks.common.atomic_files import write_json
from benchmarks.common.bounded_reading import read_file
from benchmarks.common.formatting import counted
from benchmarks.tuning.goals import ERROR, short, text_of
from benchmarks.tuning.study import DEFAULTS
from models.spec import Setting


@dataclass(frozen=True)
class Outcome:
    """What a study found, as it is stored beside its journal.

    Parameters
    ----------
    settings
        Of the best attempt: every setting of the model.
    changed
        Those of them that are not the defaults.
    best, pareto
        The number of the best attempt, and those that no other beats in all goals.
    values, default_values
        The goals of the best attempt and of the defaults, in their order; none where these have no values.
    n_tried, n_pruned, n_failed, n_under_way
        How many settings were begun in all, and how many of them were stopped early, failed, or have not ended,
        because their bench ended before or is still at work.
    n_compared
        Between how many the best was chosen. The others that have ended are outside of the bounds.
    p_value, p_of_pair
        That the best is no better than the defaults (paired test on the validation images): corrected for the choice
        among ``n_compared`` settings, and of the pair alone. None without both.
    optimism
        By how much the best one's validation error is expected to be too low, because it was chosen by it.
    edges
        A warning for each of its settings that is at the edge of its range.
    """

    study: str
    model: str
    features: str
    dataset: str
    settings: Mapping[str, Setting]
    changed: Mapping[str, Setting]
    goals: tuple[str, ...]
    best: int
    pareto: tuple[int, ...]
    values: tuple[float, ...]
    default_values: tuple[float, ...]
    n_tried: int
    n_pruned: int
    n_failed: int
    n_compared: int
    p_value: float | None = None
    p_of_pair: float | None = None
    optimism: float | None = None
    edges: tuple[str, ...] = ()
    n_under_way: int = 0

    @property
    def row(self) -> str:
        """The name of the row with these settings: ``svm-rbf[tuned=STUDY]@hog``."""
        return f"{self.model}[tuned={self.study}]@{self.features}"

    def sentences(self) -> list[str]:
        """Return what came out, in words."""
        changed = ", ".join(f"{name}={value}" for name, value in sorted(self.changed.items()))
        values = ", ".join(f"{short(goal)} {text_of(goal, v)}" for goal, v in zip(self.goals, self.values, strict=True))
        lines = [
            f"best of {self.study}: {changed or 'the defaults'} ({self._counts()})",
            f"on validation: {values}{self._of_defaults()}",
        ]
        return [*lines, *self._test(), *self._expectation(), *self.edges]

    def _counts(self) -> str:
        others = {"stopped early": self.n_pruned, "failed": self.n_failed, "not finished": self.n_under_way}
        others["not within the bounds"] = self.n_tried - self.n_compared - sum(others.values())
        words = [f"{n:,} {what}" for what, n in others.items() if n]
        tried = f"{counted(self.n_tried, 'setting')} tried"
        return f"{tried}: {self.n_compared:,} compared, {', '.join(words)}" if words else tried

    def _of_defaults(self) -> str:
        if not self.default_values or self.best == DEFAULTS:
            return ""
        pairs = zip(self.goals, self.default_values, strict=True)
        return f"; the defaults: {', '.join(f'{short(goal)} {text_of(goal, value)}' for goal, value in pairs)}"

    def _test(self) -> list[str]:
        if self.p_value is None or self.p_of_pair is None:
            return []
        verdict = "significantly better" if self.p_value < SIGNIFICANT else "not significantly better"
        return [
            f"{verdict} than the defaults: p = {self.p_value:.2g} (paired test on the validation images, corrected for "
            f"the choice among {self.n_compared:,} settings; {self.p_of_pair:.2g} for the pair alone)"
        ]

    def _expectation(self) -> list[str]:
        if self.optimism is None or self.goals[0] != ERROR:
            return []
        expected = min(max(self.values[0] + self.optimism, 0.0), 1.0)
        return [
            f"expected error on other images: {text_of(ERROR, expected)}, {self.optimism * 100:+.2f} points because "
            f"this is the best of {self.n_compared:,} (nested split of the validation images)"
        ]


def write_outcome(outcome: Outcome, journal: Path) -> None:
    """Store a study's outcome beside its journal."""
    write_json(journal.with_suffix(OUTCOME), msgspec.to_builtins(outcome))


def read_outcome(journal: Path) -> Outcome | None:
    """Return what is stored of a study's outcome beside its journal; None where there is nothing that can be read."""
    try:
        return msgspec.json.decode(read_file(journal.with_suffix(OUTCOME)), type=Outcome)
    except (OSError, ValueError, RecursionError, msgspec.DecodeError):
        return None
