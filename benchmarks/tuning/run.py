"""A study at work: asks for settings, has each carried out as ordinary trials, and tells how it went."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.common.clock import clock
from benchmarks.execution.decisions import Planner
from benchmarks.execution.harness import Harness
from benchmarks.tuning.attempts import TOTAL, AttemptRun
from benchmarks.tuning.goals import best
from benchmarks.tuning.ownership import Owner
from benchmarks.tuning.progress import AttemptFinished, AttemptStarted, TimeIsUp
from benchmarks.tuning.search.sampling import Question, distributions, suggest
from benchmarks.tuning.setup import Study
from benchmarks.tuning.study import Attempt


def run_study(study: Study, stop: threading.Event) -> None:
    """Try settings until there are as many as asked for, the time is over, the space too, or ``stop`` is set.

    As many are under way at a time as there are places for. Raises KeyboardInterrupt after an interrupt, once the
    workers are ended; whoever opens the study next goes on with what was under way.
    """
    planner = study.session.planner()
    with (
        Owner(study.journal) as owner,
        study.session.harness(planner, stop) as harness,
        harness.turn_of_all(),
        ThreadPoolExecutor(harness.places) as pool,
    ):
        lines = [pool.submit(_work, study, owner, harness, planner) for _ in range(harness.places)]
        try:
            for line in lines:
                line.result()
        except BaseException:
            stop.set()
            raise
        _tell_if_time_is_up(study, owner)


def _work(study: Study, owner: Owner, harness: Harness, planner: Planner) -> None:
    """Carry out one attempt after the other; one that was stopped stays under way for the next bench."""
    while not harness.stop.is_set() and (attempt := _next(study, owner)):
        if not AttemptRun(study, attempt, harness, planner).carry_out():
            return
        study.tell(_how_far(study, attempt.number))


def _next(study: Study, owner: Owner) -> Attempt | None:
    """Return what is to be tried next: what an ended bench left, else new settings; None where all is done."""
    journal = study.journal
    with study.lock, journal.lock:
        attempts = journal.attempts()
        if clock() >= study.deadline:
            return None
        left = [one for one in attempts if one.state == "running" and owner.is_gone(one.owner)]
        attempt: Attempt | None
        if left:
            attempt = left[0]
            journal.adopt(attempt, owner.name)
        else:
            attempt = _asked(study, attempts, owner) if len(attempts) < study.n_trials else None
    if attempt:
        study.tell(AttemptStarted(attempt, adopted=bool(left)))
    return attempt


def _asked(study: Study, attempts: Sequence[Attempt], owner: Owner) -> Attempt | None:
    """Return a new attempt: the defaults first, then what the sampler suggests; None where nothing is new."""
    terms, comparable = distributions(study.space), study.defaults_in_space
    if not attempts:
        return study.journal.start(study.searched_defaults, owner.name, terms if comparable else {})
    question = Question(
        space=study.space,
        attempts=[one for one in attempts if comparable or not one.is_default],
        n_goals=len(study.definition.goals),
        bounds=study.bounds,
        sampler=study.definition.sampler,
        seed=study.definition.seed,
        number=len(attempts),
    )
    suggestion = suggest(question)
    if suggestion is None:
        return None
    return study.journal.start(suggestion.settings, owner.name, terms, suggestion.generation)


def _tell_if_time_is_up(study: Study, owner: Owner) -> None:
    """Tell that the time ended the study, if it did: there is more to try."""
    attempts = study.journal.attempts()
    n_done = sum(one.state != "running" for one in attempts)
    if study.minutes is not None and clock() >= study.deadline and n_done < study.n_trials:
        stopped = tuple(one for one in attempts if one.state == "running" and one.owner == owner.name)
        study.tell(TimeIsUp(study.minutes, stopped, n_done, study.n_trials))


def _how_far(study: Study, number: int) -> AttemptFinished:
    attempts = study.journal.attempts()
    ended = [one for one in attempts if one.state != "running"]
    known = [seconds for one in ended if (seconds := one.metrics.get(TOTAL, one.seconds)) is not None]
    to_come = max(study.n_trials - len(ended), 0)
    usual = sum(known) / len(known) * to_come / study.session.config.jobs if known else None
    left_s = None if usual is None else max(min(usual, study.deadline - clock()), 0.0)
    return AttemptFinished(attempts[number], best(attempts, study.bounds), len(ended), study.n_trials, left_s)
