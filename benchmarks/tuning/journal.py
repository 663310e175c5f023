"""A study in a journal file of Optuna's: every change is a line, appended and synced.

Several benches, also on several machines that share the folder, may write to one journal at once.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from benchmarks.common.atomic_files import writing
from benchmarks.common.errors import BenchError, one_line
from benchmarks.common.file_lock import file_lock
from benchmarks.tuning.goals import goal
from benchmarks.tuning.journal_file import DamagedJournalError, backend, check_file, has_lines
from benchmarks.tuning.study import Attempt, Definition, State
from models.spec import Setting

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.storages import JournalStorage
    from optuna.trial import FrozenTrial

SUFFIX = ".journal"
DEFINITION = "definition"  # the attribute of a study that holds what it was asked for
LARGEST_VALUE = 1e15  # of anything that is measured
Result = TypeVar("Result")


class JournalError(BenchError):
    """A journal holds what no bench writes. ``why``: what that is."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is damaged ({why}); restore it, or choose another --study")
        self.why = why


class Journal:
    """The attempts of one study. All methods raise ``BenchError`` where the file cannot be read or written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name.removesuffix(SUFFIX)
        self._opened_storage: JournalStorage | None = None
        self._loaded_study: Study | None = None

    @property
    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """What a bench holds while it decides about the next attempt."""
        path = self.path.with_name(f".{self.name}.lock")
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(file_lock(path))
            except OSError as error:
                why = error.strerror or error
                raise BenchError(f"cannot lock {path} ({why}); delete it, or choose another --study") from error
            yield

    def create(self, definition: Definition) -> Definition:
        """Return the definition that is stored, which is this one if there was none."""
        import optuna

        with writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)

        def make() -> Definition:
            storage = self._storage()
            if self.name not in optuna.get_all_study_names(storage):
                n_goals = len(definition.goals)
                optuna.create_study(storage=storage, study_name=self.name, directions=["minimize"] * n_goals)
            if DEFINITION not in self._study().user_attrs:
                self._study().set_user_attr(DEFINITION, msgspec.to_builtins(definition))
            return self._definition()

        with self.lock:
            return self._checked(make)

    def definition(self) -> Definition | None:
        """Return what the study was asked for; None where no bench came so far as to begin it."""
        return self._checked(lambda: self._definition() if self._is_begun() else None)

    def _is_begun(self) -> bool:
        """Return whether a bench came so far as to write down what the study was asked for."""
        import optuna

        if not os.path.lexists(self.path):
            return False
        if self.name not in optuna.get_all_study_names(self._storage()):
            if has_lines(self.path):
                raise DamagedJournalError(f"it holds no study '{self.name}'")
            return False
        if DEFINITION not in self._study().user_attrs and self._study().get_trials(deepcopy=False):
            raise DamagedJournalError("it does not say what was asked for")
        return DEFINITION in self._study().user_attrs

    def _definition(self) -> Definition:
        definition = msgspec.convert(self._study().user_attrs[DEFINITION], Definition)
        _check_definition(definition, self.name, len(self._study().directions))
        return definition

    def attempts(self) -> list[Attempt]:
        """Return all attempts, in the order of their numbers."""

        def read() -> list[Attempt]:
            definition = self._definition()
            return [_attempt(trial, definition) for trial in self._study().get_trials(deepcopy=False)]

        return self._checked(read)

    def start(
        self,
        settings: Mapping[str, Setting],
        owner: str,
        distributions: Mapping[str, BaseDistribution],
        generation: int | None = None,
    ) -> Attempt:
        """Add an attempt that is under way: in one line, so that it is there whole or not at all.

        ``distributions``: the search space; empty for settings outside of it, from which samplers learn nothing.
        """
        from optuna.trial import TrialState, create_trial

        attributes = {"settings": dict(settings), "owner": owner, "generation": generation}
        trial = create_trial(
            state=TrialState.RUNNING,
            params=dict(settings) if distributions else {},
            distributions=dict(distributions),
            user_attrs=attributes,
        )
        self._checked(lambda: self._study().add_trial(trial))
        return self.attempts()[-1]

    def adopt(self, attempt: Attempt, owner: str) -> None:
        """Say that another bench goes on with an attempt."""
        self._checked(lambda: self._set_attribute(attempt, "owner", owner))

    def report(self, attempt: Attempt, step: int, value: float) -> None:
        """Add the first goal at a smaller training size, or after some epochs."""
        self._checked(lambda: self._storage().set_trial_intermediate_value(self._id(attempt), step, value))

    def finish(
        self,
        attempt: Attempt,
        state: State,
        values: tuple[float, ...] | None = None,
        metrics: Mapping[str, float] | None = None,
        reason: str = "",
    ) -> None:
        """Tell how an attempt ended: what it measured first, so that an end has all of it."""
        from optuna.trial import TrialState

        states = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}

        def tell() -> None:
            self._set_attribute(attempt, "metrics", dict(metrics or {}))
            self._set_attribute(attempt, "reason", reason)
            self._storage().set_trial_state_values(self._id(attempt), states[state], values)

        self._checked(tell)

    def study(self) -> Study:
        """Return the study as Optuna's object, for what Optuna computes of one."""
        return self._checked(self._study)

    def _set_attribute(self, attempt: Attempt, name: str, value: Any) -> None:
        self._storage().set_trial_user_attr(self._id(attempt), name, value)

    def _id(self, attempt: Attempt) -> int:
        return self._storage().get_trial_id_from_study_id_trial_number(self._study()._study_id, attempt.number)

    def _storage(self) -> JournalStorage:
        import optuna

        if self._opened_storage is None:
            with contextlib.suppress(FileNotFoundError):
                check_file(self.path)
            optuna.logging.set_verbosity(optuna.logging.ERROR)
            self._opened_storage = optuna.storages.JournalStorage(backend(self.path))
        return self._opened_storage

    def _study(self) -> Study:
        import optuna

        if self._loaded_study is None:
            self._loaded_study = optuna.load_study(storage=self._storage(), study_name=self.name)
        return self._loaded_study

    def _checked(self, work: Callable[[], Result]) -> Result:
        """Return what ``work`` returns; whatever Optuna raises for a file becomes one line."""
        try:
            return work()
        except BenchError:
            raise
        except DamagedJournalError as error:
            raise JournalError(self.path, one_line(str(error))) from error
        except OSError as error:
            why = error.strerror or str(error)
            raise BenchError(f"cannot use {self.path} ({why}); free disk space, or choose another --run") from error
        except Exception as error:  # what a damaged line leads to can be anything
            raise JournalError(self.path, one_line(f"{type(error).__name__}: {error}")) from error


def _check_definition(definition: Definition, name: str, n_goals: int) -> None:
    """Raise ``DamagedJournalError`` for a definition that no bench writes."""
    if definition.name != name:
        raise DamagedJournalError(f"it holds the study '{definition.name}'")
    if len(definition.goals) != n_goals:
        raise DamagedJournalError(f"it has {n_goals} goals, and names {len(definition.goals)}")
    for one in definition.goals:
        goal(one)
    if not all(math.isfinite(value) for value in definition.fixed.values() if isinstance(value, float)):
        raise DamagedJournalError("a fixed setting is no finite number")


def _attempt(trial: FrozenTrial, definition: Definition) -> Attempt:
    """Return a trial of Optuna's as an attempt; raises ``DamagedJournalError`` for one that no bench writes."""
    from optuna.trial import TrialState

    states: dict[TrialState, State] = {
        TrialState.COMPLETE: "complete",
        TrialState.PRUNED: "pruned",
        TrialState.FAIL: "failed",
    }
    attributes = trial.user_attrs
    metrics = attributes.get("metrics", {})
    state = states.get(trial.state, "running")
    content = {
        "number": trial.number,
        "settings": attributes["settings"],
        "state": state,
        "values": trial.values if state == "complete" else None,
        "metrics": {name: value for name, value in metrics.items() if value is not None},
        "steps": trial.intermediate_values,
        "owner": attributes["owner"],
        "reason": attributes.get("reason", ""),
        "generation": attributes.get("generation"),
        "seconds": trial.duration.total_seconds() if trial.duration else None,
    }
    attempt = msgspec.convert(content, Attempt)
    _check_attempt(attempt, definition)
    return attempt


def _check_attempt(attempt: Attempt, definition: Definition) -> None:
    """Raise ``DamagedJournalError`` for an attempt whose settings or values cannot be."""
    where = f"attempt {attempt.number}"
    if set(attempt.settings) != {words.partition("=")[0] for words in definition.space}:
        raise DamagedJournalError(f"{where} has other settings than are searched")
    if attempt.state == "complete" and len(attempt.values or ()) != len(definition.goals):
        raise DamagedJournalError(f"{where} has no value of each goal")
    numbers = [*(attempt.values or ()), *attempt.steps.values(), *attempt.metrics.values(), *attempt.settings.values()]
    if not all(abs(number) <= LARGEST_VALUE for number in numbers if not isinstance(number, str)):
        raise DamagedJournalError(f"{where} has a number that is not finite, or too large")
