"""The judge of a study: which settings are best, and whether they are better than the defaults beyond the choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from benchmarks.analysis.selection_bias import chosen_against_first, optimism
from benchmarks.analysis.statistics import paired
from benchmarks.tuning.goals import best, nearest, pareto, short, text_of, within
from benchmarks.tuning.outcome import Outcome, write_outcome
from benchmarks.tuning.setup import Study
from benchmarks.tuning.study import DEFAULTS, Attempt

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def judge(study: Study) -> Outcome | None:
    """Return what came out so far, and store it; None where no attempt is complete and within the bounds."""
    with study.journal.lock:
        attempts = study.journal.attempts()
        chosen = best(attempts, study.bounds)
        if chosen is None:
            return None
        found = _outcome(study, attempts, chosen)
        write_outcome(found, study.journal.path)
    return found


def sentences(study: Study, outcome: Outcome | None) -> list[str]:
    """Return what came out so far in words: of several goals all settings that no other beats.

    Where none is within the bounds, the one that is nearest to them.
    """
    attempts = study.journal.attempts()
    if outcome:
        others = outcome.pareto if len(outcome.pareto) > 1 else ()
        return [*outcome.sentences(), *(f"Pareto set: {_in_words(study, attempts[number])}" for number in others)]
    closest = nearest(attempts, study.bounds)
    lines = [f"no setting has been scored{' within the bounds' if study.bounds else ''} yet"]
    if closest:
        measured = ", ".join(
            f"{short(bound.name)} {text_of(bound.name, closest.metrics.get(bound.name))}" for bound in study.bounds
        )
        lines.append(f"nearest to {', '.join(bound.text for bound in study.bounds)}: {measured}")
        lines.append(f"with {_in_words(study, closest)}")
    return lines


def _in_words(study: Study, attempt: Attempt) -> str:
    settings = ", ".join(f"{name}={value}" for name, value in sorted(attempt.settings.items()))
    goals = zip(study.definition.goals, attempt.values or (), strict=False)
    values = ", ".join(f"{short(goal)} {text_of(goal, value)}" for goal, value in goals)
    return f"{'the defaults' if attempt.is_default else settings}: {values}"


def _outcome(study: Study, attempts: Sequence[Attempt], chosen: Attempt) -> Outcome:
    settings, defaults = study.settings_of(chosen), attempts[DEFAULTS]
    known = {one.number: _correct(study, one) for one in within(attempts, study.bounds)}
    candidates = {number: correct for number, correct in known.items() if correct is not None}
    p_value, p_of_pair = _p_values(candidates, chosen.number, _correct(study, defaults))
    return Outcome(
        study=study.definition.name,
        model=study.definition.model,
        features=study.definition.features,
        dataset=study.definition.dataset,
        settings=settings,
        changed={name: value for name, value in settings.items() if value != study.defaults[name]},
        goals=study.definition.goals,
        best=chosen.number,
        pareto=tuple(one.number for one in pareto(attempts, study.bounds)),
        values=chosen.values or (),
        default_values=defaults.values or (),
        n_tried=len(attempts),
        n_pruned=sum(one.state == "pruned" for one in attempts),
        n_failed=sum(one.state == "failed" for one in attempts),
        n_under_way=sum(one.state == "running" for one in attempts),
        n_compared=len(candidates),
        p_value=p_value,
        p_of_pair=p_of_pair,
        optimism=_optimism(list(candidates.values())),
        edges=() if chosen.is_default else tuple(study.space.edges(chosen.settings)),
    )


def _correct(study: Study, attempt: Attempt) -> NDArray[np.bool_] | None:
    """Return which validation images an attempt classified correctly; None where its predictions are not stored."""
    found = study.session.store.predictions(study.trial_of(attempt, study.trials[-1]).key)
    return None if found is None else found.labels == study.session.images.test.labels


def _p_values(
    candidates: Mapping[int, NDArray[np.bool_]], chosen: int, defaults: NDArray[np.bool_] | None
) -> tuple[float | None, float | None]:
    """Return the p-value of the chosen one against the defaults, corrected for the choice, and that of the pair."""
    import numpy as np

    if chosen == DEFAULTS or defaults is None or chosen not in candidates:
        return None, None
    others = [number for number in candidates if number != DEFAULTS]
    stacked = np.stack([defaults, *(candidates[number] for number in others)])
    corrected = chosen_against_first(stacked, 1 + others.index(chosen))
    return corrected, paired(candidates[chosen][None], defaults[None])


def _optimism(candidates: Sequence[NDArray[np.bool_]]) -> float | None:
    import numpy as np

    return optimism(np.stack(candidates)) if len(candidates) > 1 else None
