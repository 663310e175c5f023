"""Which settings a study asks next. Given the same attempts and seed it is always the same, in whichever process."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.common.errors import BenchError
from benchmarks.tuning.goals import Bound
from benchmarks.tuning.search.space import Dimension, Space
from benchmarks.tuning.study import Attempt, Sampler, complete
from models.spec import Setting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial

MOST_TRIES = 100  # for settings that were not asked before
SMALLEST_POPULATION = 4


@dataclass(frozen=True)
class Question:
    """What the next settings depend on. ``attempts``: those inside the space, which the sampler learns from."""

    space: Space
    attempts: Sequence[Attempt]
    n_goals: int
    bounds: Sequence[Bound]
    sampler: Sampler
    seed: int
    number: int


@dataclass(frozen=True)
class Suggestion:
    """The value of every setting that is searched; ``generation`` of CMA-ES."""

    settings: Mapping[str, Setting]
    generation: int | None = None


def check_sampler(sampler: Sampler, space: Space, n_goals: int) -> None:
    """Raise ``BenchError`` unless a sampler can search a space."""
    if sampler == "grid" and math.isinf(space.n_points):
        ranges = [one.name for one in space.dimensions if math.isinf(one.n_values)]
        raise BenchError(f"a grid needs values in place of ranges: --param '{ranges[0]}=VALUE,VALUE,…'")
    if sampler == "cma-es" and (not space.continuous or len(space.dimensions) < 2 or n_goals > 1):
        raise BenchError("cma-es needs two or more ranges of fractions, no whole numbers or choices, and one goal")


def suggest(question: Question) -> Suggestion | None:
    """Return settings that were not asked before; None where all of the space was."""
    known = {_key(question.space, one.settings) for one in question.attempts}
    if len(known) >= question.space.n_points:
        return None
    if question.sampler == "grid":
        return _first_new(question, known)
    for attempt in range(MOST_TRIES):
        suggestion = _sampled(question, _seed(question, attempt))
        if _key(question.space, suggestion.settings) not in known:
            return suggestion
    # a sampler that insists on what it has, in a small space
    return _first_new(question, known) if question.space.n_points < math.inf else None


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """Return the space in Optuna's terms."""
    return {dimension.name: _distribution(dimension) for dimension in space.dimensions}


def _first_new(question: Question, known: set[tuple[Setting, ...]]) -> Suggestion | None:
    new = (one for one in question.space.grid() if _key(question.space, one) not in known)
    settings = next(new, None)
    return Suggestion(settings) if settings else None


def _key(space: Space, settings: Mapping[str, Setting]) -> tuple[Setting, ...]:
    return tuple(settings[dimension.name] for dimension in space.dimensions)


def _seed(question: Question, attempt: int) -> int:
    """Return a seed of this attempt's own: a study that goes on after a kill must not repeat its random numbers."""
    import numpy as np

    return int(np.random.SeedSequence([question.seed, question.number, attempt]).generate_state(1)[0])


def _sampled(question: Question, seed: int) -> Suggestion:
    if question.sampler == "cma-es":
        return _from_cma_es(question, seed)
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space = question.space
    study = optuna.create_study(directions=["minimize"] * question.n_goals, sampler=_optuna_sampler(question, seed))
    study.add_trials([_frozen(one, question) for one in question.attempts])
    asked = study.ask(distributions(space)).params
    return Suggestion({one.name: _settled(one, asked[one.name]) for one in space.dimensions})


def _optuna_sampler(question: Question, seed: int) -> BaseSampler:
    from optuna.samplers import RandomSampler, TPESampler

    return RandomSampler(seed=seed) if question.sampler == "random" else TPESampler(seed=seed)


def _frozen(attempt: Attempt, question: Question) -> FrozenTrial:
    """Return an attempt in Optuna's terms; one that failed counts as the worst, so that its like is avoided."""
    from optuna.trial import TrialState, create_trial

    states = {"complete": TrialState.COMPLETE, "running": TrialState.RUNNING}
    return create_trial(
        state=states.get(attempt.state, TrialState.PRUNED),
        values=attempt.values,
        params={one.name: attempt.settings[one.name] for one in question.space.dimensions},
        distributions=distributions(question.space),
        intermediate_values=dict(attempt.steps) if question.n_goals == 1 else {},
        constraints={bound.text: bound.excess(attempt.metrics) for bound in question.bounds}
        if attempt.state == "complete"
        else None,
    )


def _distribution(dimension: Dimension) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if dimension.choices:
        return CategoricalDistribution(dimension.choices)
    if dimension.whole:
        return IntDistribution(int(dimension.low), int(dimension.high), log=dimension.log)
    return FloatDistribution(dimension.low, dimension.high, log=dimension.log)


def _settled(dimension: Dimension, value: Any) -> Setting:
    """Return a value with four digits where it is a fraction."""
    if dimension.choices or dimension.whole:
        found: Setting = value
        return found
    return dimension.rounded(value)


def _from_cma_es(question: Question, seed: int) -> Suggestion:
    """Return settings by CMA-ES (Hansen & Ostermeier 2001), its state computed again from the attempts so far.

    Optuna would store that state as a pickle in the journal.
    """
    import numpy as np
    from cmaes import CMA

    dimensions = question.space.dimensions
    population = max(SMALLEST_POPULATION, 4 + int(3 * math.log(len(dimensions))))
    bounds = np.array([[0.0, 1.0]] * len(dimensions))
    state = CMA(np.full(len(dimensions), 0.5), 1 / 6, bounds=bounds, seed=seed, population_size=population)
    done = [one for one in question.attempts if one.state != "running"]
    worst = max((one.values[0] for one in complete(done) if one.values), default=1.0)
    while True:
        of_generation = [one for one in done if one.generation == state.generation][:population]
        if len(of_generation) < population:
            break
        state.tell([(_place(one, question), one.values[0] if one.values else worst) for one in of_generation])
    asked: NDArray[np.float64] = state.ask()
    settings = {one.name: one.at(float(share)) for one, share in zip(dimensions, asked, strict=True)}
    return Suggestion(settings, state.generation)


def _place(attempt: Attempt, question: Question) -> NDArray[np.float64]:
    import numpy as np

    values = [(one, attempt.settings[one.name]) for one in question.space.dimensions]
    return np.array([one.share(float(value)) for one, value in values])
