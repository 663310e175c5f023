"""A study that is opened: names and options from the command line become a search space, a journal and trials."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from benchmarks.catalog.tuned_settings import STUDIES
from benchmarks.common.clock import clock
from benchmarks.common.errors import BenchError
from benchmarks.execution.config import RunConfig
from benchmarks.execution.progress import OneAtATime
from benchmarks.execution.session import Session, open_session
from benchmarks.records.trial import Inputs, Trial
from benchmarks.tuning.goals import ERROR, Bound, bounds, goals
from benchmarks.tuning.journal import SUFFIX, Journal
from benchmarks.tuning.progress import StudyListener, StudyOpened
from benchmarks.tuning.search.sampling import check_sampler
from benchmarks.tuning.search.space import Space, search_space
from benchmarks.tuning.study import Attempt, Definition, Sampler, study_name, usual_name
from models.spec import Setting

FOREVER = math.inf


@dataclass(frozen=True)
class StudyOptions:
    """What a study is asked for, beside what any run is.

    ``study``: its name; None for that of the row. ``params``, ``only``: the search space. ``sampler`` of None: a grid
    where that is no larger than ``trials``, else TPE; of a study that goes on, its own. ``epochs``: stop networks by
    their epochs. ``timeout``: of a trial, in s; None for ten times what the defaults took.
    """

    study: str | None = None
    trials: int = 50
    minutes: float | None = None
    params: Sequence[str] = ()
    only: Sequence[str] = ()
    sampler: Sampler | None = None
    seed: int = 0
    minimise: str = ERROR
    within: str = ""
    hyperband: bool = False
    epochs: bool = False
    timeout: float | None = None


@dataclass(frozen=True)
class Study:
    """A study that is open: what it searches, where it is stored, and the run that its trials belong to.

    ``trials``: of the defaults, one for each training size, the smallest first. ``defaults``: of all settings of the
    model. ``n_trials``, ``deadline``: attempts in all, and the time by the clock from which none is begun.
    ``timeout_s``: of a trial; None for one that follows from how long the defaults took. ``minutes``: until the
    deadline, as they were asked for; None without one.
    """

    definition: Definition
    space: Space
    bounds: tuple[Bound, ...]
    session: Session
    journal: Journal
    trials: tuple[Trial, ...]
    defaults: dict[str, Setting]
    n_trials: int
    deadline: float
    timeout_s: float | None
    tell: StudyListener
    minutes: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def searched_defaults(self) -> dict[str, Setting]:
        """The defaults of the settings that are searched."""
        return {one.name: self.defaults[one.name] for one in self.space.dimensions}

    @property
    def defaults_in_space(self) -> bool:
        """Whether the defaults are in the search space, so that samplers can learn from them."""
        fixed_are_defaults = all(self.defaults[name] == value for name, value in self.space.fixed.items())
        return fixed_are_defaults and self.space.holds(self.searched_defaults)

    def settings_of(self, attempt: Attempt) -> dict[str, Setting]:
        """Return the value of every setting of an attempt."""
        return dict(self.defaults) if attempt.is_default else {**self.defaults, **self.space.fixed, **attempt.settings}

    def trial_of(self, attempt: Attempt, of_defaults: Trial) -> Trial:
        """Return the trial of an attempt on as many images as that of the defaults."""
        settings = self.settings_of(attempt)
        return replace(of_defaults, params={name: v for name, v in settings.items() if v != self.defaults[name]})


def open_study(config: RunConfig, options: StudyOptions, tell: StudyListener) -> Study:
    """Open a study of the one row that ``config`` names, or go on with a stored one.

    Whatever is wrong is found before anything is run. Raises ``BenchError`` or ``UnknownNameError``.
    """
    _check_options(options, config)
    tell = OneAtATime(tell)
    return study_on(open_session(replace(config, validation=True, seeds=1), tell), options, tell)


def study_on(session: Session, options: StudyOptions, tell: StudyListener) -> Study:
    """Open a study of the one row of a session; raises ``BenchError``."""
    wanted, within = goals(options.minimise), bounds(options.within) if options.within else ()
    trials = _trials_of_one_row(session)
    row = trials[-1]
    model = session.catalog.models[row.model]
    space = search_space(model, options.params, options.only)
    inputs = session.planner().decide(row).inputs
    name = options.study or usual_name(row.model, row.features)
    journal = Journal(session.store.folder / STUDIES / f"{name}{SUFFIX}")
    stored = journal.definition()
    definition = Definition(
        name=name,
        model=row.model,
        features=row.features,
        dataset=row.dataset,
        space=tuple(one.words() for one in space.dimensions),
        fixed=space.fixed,
        goals=wanted,
        bounds=tuple(one.text for one in within),
        train_sizes=tuple(sorted(set(session.config.train_sizes))),
        sampler=options.sampler or (stored.sampler if stored else _usual_sampler(space, options)),
        seed=options.seed,
        hyperband=options.hyperband,
        epochs=options.epochs,
        data=inputs.data,
        code=_code(inputs),
    )
    check_sampler(definition.sampler, space, len(wanted))
    definition.check_same(journal.create(definition))
    tell(StudyOpened(definition, len(journal.attempts()), options.trials, _untouched(model.settings, space)))
    return Study(
        definition=definition,
        space=space,
        bounds=within,
        session=session,
        journal=journal,
        trials=trials,
        defaults=model.defaults_on(row.features),
        n_trials=options.trials,
        deadline=clock() + options.minutes * 60 if options.minutes else FOREVER,
        timeout_s=options.timeout,
        tell=tell,
        minutes=options.minutes,
    )


def _check_options(options: StudyOptions, config: RunConfig) -> None:
    """Raise ``BenchError`` for options that contradict each other."""
    wanted = goals(options.minimise)
    several_sizes = len(set(config.train_sizes)) > 1
    if options.epochs and several_sizes:
        raise BenchError("--prune stops networks by their epochs; give it one --train-size")
    if options.epochs and wanted[0] != ERROR:
        raise BenchError("--prune compares validation errors; minimise error first")
    if options.hyperband and not several_sizes:
        raise BenchError("--hyperband needs several sizes to begin at, as --train-size 1000,3000,10000")
    if options.study is not None:
        study_name(options.study)


def _trials_of_one_row(session: Session) -> tuple[Trial, ...]:
    """Return the trials of the defaults, the smallest training size first; raises ``BenchError`` for several rows."""
    rows = {(trial.model, trial.features) for trial in session.trials}
    if len(rows) != 1:
        names = ", ".join(f"{model}@{features}" for model, features in sorted(rows))
        raise BenchError(f"a study is of one model on one pipeline; say which: {names}")
    if any(trial.params or trial.tuned for trial in session.trials):
        raise BenchError("a study begins at the defaults; fix a setting with --param NAME=VALUE")
    return tuple(sorted(session.trials, key=lambda trial: trial.train_size or math.inf))


def _usual_sampler(space: Space, options: StudyOptions) -> Sampler:
    return "grid" if space.n_points <= options.trials else "tpe"


def _code(inputs: Inputs) -> str:
    return f"{inputs.code} {inputs.weights}".strip()


def _untouched(settings: Iterable[str], space: Space) -> tuple[str, ...]:
    searched = {one.name for one in space.dimensions} | set(space.fixed)
    return tuple(name for name in settings if name not in searched)
