"""The studies of a run: what was tried, what came out, and which settings matter."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.catalog.tuned_settings import STUDIES
from benchmarks.common.dependencies import how_to_install, missing_modules
from benchmarks.common.errors import BenchError
from benchmarks.tuning.goals import short, text_of
from benchmarks.tuning.journal import SUFFIX, Journal, JournalError
from benchmarks.tuning.outcome import Outcome, read_outcome
from benchmarks.tuning.study import Attempt, Definition

FEWEST_FOR_IMPORTANCE = 8


@dataclass(frozen=True)
class StudyFindings:
    """A study as it is stored. ``outcome``: None until it was judged. ``importance``: shares of the settings, largest
    first; empty with few attempts."""

    definition: Definition
    attempts: Sequence[Attempt]
    outcome: Outcome | None
    importance: Mapping[str, float]

    @property
    def names(self) -> list[str]:
        """The settings that are searched."""
        return [words.partition("=")[0] for words in self.definition.space]

    @property
    def goals(self) -> str:
        """What is minimised, as the command line calls it."""
        return ", ".join(map(short, self.definition.goals))

    def cells(self, attempt: Attempt) -> list[str]:
        """Return the values of an attempt's settings as text."""
        values = (attempt.settings[name] for name in self.names)
        return [f"{value:.4g}" if isinstance(value, float) else str(value) for value in values]

    def result(self, attempt: Attempt) -> str:
        """Return the result of an attempt, in words."""
        if attempt.values:
            goals = self.definition.goals
            return ", ".join(text_of(goal, value) for goal, value in zip(goals, attempt.values, strict=True))
        return f"{attempt.state}: {attempt.reason}" if attempt.reason else attempt.state


@dataclass(frozen=True)
class Studies:
    """All studies of a run on one dataset; ``unread``: why some cannot be shown; ``damaged``: which files, and why."""

    found: Sequence[StudyFindings] = ()
    unread: Sequence[str] = ()
    damaged: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.found or self.unread)


def read_studies(folder: Path) -> Studies:
    """Return the studies in the folder of a run on one dataset; Optuna is needed only where there are any."""
    paths = sorted((folder / STUDIES).glob(f"*{SUFFIX}"))
    if paths and (missing := missing_modules(("optuna",))):
        return Studies(unread=[f"{len(paths)} of them cannot be shown: this {how_to_install(missing)}"])
    found: list[StudyFindings] = []
    unread, damaged = [], []
    for path in paths:
        try:
            found += _read(path)
        except BenchError as error:
            unread.append(str(error))
            why = error.why if isinstance(error, JournalError) else str(error)
            damaged.append(f"{STUDIES}/{path.name} ({why})")
    return Studies(found, unread, damaged)


def _read(path: Path) -> list[StudyFindings]:
    """Return the study of a journal; nothing if no bench came so far as to begin it."""
    journal = Journal(path)
    definition = journal.definition()
    if definition is None:
        return []
    attempts = journal.attempts()
    return [StudyFindings(definition, attempts, read_outcome(path), _importance(journal, attempts))]


def _importance(journal: Journal, attempts: Sequence[Attempt]) -> Mapping[str, float]:
    """Return the share of each setting in how the first goal differs (PED-ANOVA, Watanabe et al. 2023)."""
    if sum(one.state == "complete" for one in attempts) < FEWEST_FOR_IMPORTANCE:
        return {}
    import optuna

    study = journal.study()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Optuna calls it experimental
            shares = optuna.importance.get_param_importances(
                study, evaluator=optuna.importance.PedAnovaImportanceEvaluator(), target=lambda trial: trial.values[0]
            )
    except Exception:  # whatever Optuna raises where it cannot tell
        return {}
    return shares if sum(shares.values()) > 0 else {}
