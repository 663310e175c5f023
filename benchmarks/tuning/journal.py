"""A study in a journal file of Optuna's: every change is a line, appended and synced.

Several benches, also on several machines that share the folder, may write to one journal at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from benchmarks.common.atomic_files import writing
from benchmarks.common.errors import BenchError, one_line
from benchmarks.common.file_lock import file_lock
from benchmarks.tuning.study import Attempt, Definition, State
from models.spec import Setting

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend
    from optuna.trial import FrozenTrial

SUFFIX = ".journal"
DEFINITION = "definition"  # the attribute of a study that holds what it was asked for
Result = TypeVar("Result")


class Journal:
    """The attempts of one study. All methods raise ``BenchError`` where the file cannot be read or written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name.removesuffix(SUFFIX)
        self._opened_storage: JournalStorage | None = None
        self._loaded_study: Study | None = None

    @property
    def lock(self) -> AbstractContextManager[None]:
        """What a bench holds while it decides about the next attempt."""
        return file_lock(self.path.with_name(f".{self.name}.lock"))

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
        import optuna

        def read() -> Definition | None:
            begun = self.path.exists() and self.name in optuna.get_all_study_names(self._storage())
            return self._definition() if begun and DEFINITION in self._study().user_attrs else None

        return self._checked(read)

    def _definition(self) -> Definition:
        return msgspec.convert(self._study().user_attrs[DEFINITION], Definition)

    def attempts(self) -> list[Attempt]:
        """Return all attempts, in the order of their numbers."""
        return self._checked(lambda: [_attempt(trial) for trial in self._study().get_trials(deepcopy=False)])

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
            optuna.logging.set_verbosity(optuna.logging.ERROR)
            self._opened_storage = optuna.storages.JournalStorage(_backend(self.path))
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
        except OSError as error:
            why = error.strerror or str(error)
            raise BenchError(f"cannot use {self.path} ({why}); free disk space, or choose another --run") from error
        except Exception as error:  # what a damaged line leads to can be anything
            why = one_line(f"{type(error).__name__}: {error}")
            raise BenchError(f"{self.path} is damaged ({why}); restore it, or choose another --study") from error


def _backend(path: Path) -> JournalFileBackend:
    """Return Optuna's file of a journal, mended where a bench was killed in the middle of a line.

    Optuna's own locks outlive a bench that is killed by half a minute. Defined in a function, because only who has a
    study imports Optuna.
    """
    from optuna.storages.journal import JournalFileBackend

    class MendedFile(JournalFileBackend):
        def append_logs(self, logs: list[dict[str, Any]]) -> None:
            lines = b"".join(msgspec.json.encode(log) + b"\n" for log in logs)
            with file_lock(path.with_name(f".{path.name}.lock")), path.open("r+b") as file:
                file.truncate(_end_of_whole_lines(file))
                file.seek(0, os.SEEK_END)
                file.write(lines)
                file.flush()
                os.fsync(file.fileno())

    return MendedFile(str(path))


def _end_of_whole_lines(file: Any, look: int = 1 << 16) -> int:
    """Return where the last whole line of a file ends; what follows was being written when its writer was killed."""
    end: int = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - look)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + int(found) + 1
        end = start
    return 0


def _attempt(trial: FrozenTrial) -> Attempt:
    from optuna.trial import TrialState

    states: dict[TrialState, State] = {
        TrialState.COMPLETE: "complete",
        TrialState.PRUNED: "pruned",
        TrialState.FAIL: "failed",
    }
    attributes = trial.user_attrs
    state = states.get(trial.state, "running")
    return Attempt(
        number=trial.number,
        settings=attributes["settings"],
        state=state,
        values=tuple(trial.values) if state == "complete" and trial.values else None,
        metrics=attributes.get("metrics", {}),
        steps=dict(trial.intermediate_values),
        owner=attributes["owner"],
        reason=attributes.get("reason", ""),
        generation=attributes.get("generation"),
        seconds=trial.duration.total_seconds() if trial.duration else None,
    )
