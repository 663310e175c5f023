"""Studies from the first attempt to the outcome, with trials that take no time."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.common.clock import clock
from benchmarks.common.errors import BenchError
from benchmarks.report.data.studies import read_studies
from benchmarks.tuning.goals import text_of
from benchmarks.tuning.journal import Journal
from benchmarks.tuning.judging import judge, sentences
from benchmarks.tuning.outcome import read_outcome
from benchmarks.tuning.progress import AttemptFinished, AttemptStarted, TimeIsUp
from benchmarks.tuning.run import run_study
from benchmarks.tuning.setup import Study, StudyOptions
from benchmarks.tuning.study import Attempt
from tests.benchmarks.tuning.fake_study import collected, fake_study, requests_of

SVM = StudyOptions(trials=12, params=("C=0.01..100 log", "gamma=0.001..10 log"), only=("C", "gamma"))


def asked(study: Study) -> list[tuple[object, object]]:
    return [(one.settings["C"], one.settings["gamma"]) for one in study.journal.attempts()]


def run(study: Study) -> list[Attempt]:
    run_study(study, threading.Event())
    return study.journal.attempts()


def test_the_defaults_are_asked_first_and_the_best_is_never_worse(tmp_path: Path) -> None:
    events, tell = collected()
    study = fake_study(tmp_path, SVM, tell=tell)
    attempts = run(study)
    assert [one.number for one in attempts] == list(range(12)) and {one.state for one in attempts} == {"complete"}
    assert asked(study)[0] == (5.0, 0.04)
    outcome = judge(study)
    assert outcome and outcome.values[0] == min(one.values[0] for one in attempts if one.values)
    assert outcome.values <= outcome.default_values and outcome.n_tried == 12
    assert read_outcome(study.journal.path) == outcome
    ended = [event for event in events if isinstance(event, AttemptFinished)]
    assert [event.n_done for event in ended] == list(range(1, 13)) and ended[-1].best == attempts[outcome.best]


def test_a_bad_default_is_beaten_significantly_and_the_choice_is_corrected_for(tmp_path: Path) -> None:
    study = fake_study(tmp_path, SVM)
    run(study)
    outcome = judge(study)
    assert outcome and outcome.p_value is not None and outcome.p_of_pair is not None
    assert outcome.best != 0 and outcome.p_value < 0.05
    assert outcome.optimism is not None and "12 settings tried" in outcome.sentences()[0]
    # every trial predicted the same images wrongly, up to a number: nothing was lucky
    assert outcome.optimism == pytest.approx(0, abs=0.01)


def test_sequential_runs_with_one_seed_ask_the_same_and_another_seed_does_not(tmp_path: Path) -> None:
    first, second, other = (
        fake_study(tmp_path / name, StudyOptions(**{**vars(SVM), "seed": seed}))
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
        if not (tmp_path / name).mkdir()  # type: ignore[func-returns-value]
    )
    for study in (first, second, other):
        run(study)
    assert asked(first) == asked(second) != asked(other)
    assert len(set(asked(first))) == 12


def test_a_study_in_parts_asks_what_it_would_have_asked_at_once(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
    whole = fake_study(tmp_path / "a", SVM)
    run(whole)
    for n_trials in (3, 7, 12):
        part = fake_study(tmp_path / "b", StudyOptions(**{**vars(SVM), "trials": n_trials}))
        run(part)
    assert asked(part) == asked(whole)


@pytest.mark.parametrize("sampler", ["tpe", "random", "cma-es"])
def test_every_sampler_asks_new_settings_in_the_space(tmp_path: Path, sampler: str) -> None:
    study = fake_study(tmp_path, StudyOptions(**{**vars(SVM), "sampler": sampler, "trials": 20}))
    attempts = run(study)
    assert len(set(asked(study))) == 20
    assert all(study.space.holds(one.settings) for one in attempts)


def test_cma_es_comes_closer_to_the_optimum(tmp_path: Path) -> None:
    study = fake_study(tmp_path, StudyOptions(**{**vars(SVM), "sampler": "cma-es", "trials": 60}))
    values = [one.values[0] for one in run(study) if one.values]
    assert sum(values[-12:]) / 12 < sum(values[1:13]) / 12 and min(values) < 0.1


def test_a_grid_is_asked_whole_and_then_the_study_ends(tmp_path: Path) -> None:
    options = StudyOptions(trials=50, params=("C=0.1,1,10", "gamma=0.01,0.1"), only=("C", "gamma"))
    study = fake_study(tmp_path, options)
    run(study)
    assert study.definition.sampler == "grid"
    # the defaults, which are not on the grid, and its six points
    assert asked(study) == [(5.0, 0.04), *((C, gamma) for C in (0.1, 1.0, 10.0) for gamma in (0.01, 0.1))]


def test_a_small_space_is_exhausted_without_repeats(tmp_path: Path) -> None:
    options = StudyOptions(trials=50, params=("k=1..4",), only=("k", "weights"), sampler="tpe")
    study = fake_study(tmp_path, options, row="knn@hog", error=lambda settings, size: 0.1 + float(settings["k"]) / 100)
    attempts = run(study)
    pairs = [(one.settings["k"], one.settings["weights"]) for one in attempts]
    assert len(pairs) == len(set(pairs)) == 8


def test_what_fails_is_told_as_a_failure_and_the_study_goes_on(tmp_path: Path) -> None:
    study = fake_study(tmp_path, SVM, fails=lambda settings: float(settings["C"]) > 10)
    attempts = run(study)
    failed = [one for one in attempts if one.state == "failed"]
    assert len(attempts) == 12 and failed and all("SIGSEGV" in one.reason for one in failed)
    outcome = judge(study)
    assert outcome and float(outcome.settings["C"]) <= 10 and outcome.n_failed == len(failed)


def test_where_the_defaults_fail_the_best_of_the_others_is_chosen(tmp_path: Path) -> None:
    study = fake_study(tmp_path, SVM, fails=lambda settings: settings["C"] == 5.0)
    run(study)
    outcome = judge(study)
    assert outcome and outcome.best != 0 and outcome.default_values == () and outcome.p_value is None


def test_training_sizes_halve_the_settings_and_the_defaults_reach_the_end(tmp_path: Path) -> None:
    study = fake_study(tmp_path, StudyOptions(**{**vars(SVM), "trials": 18}), sizes=(20, 40, 80))
    attempts = run(study)
    sizes = [request.trial.train_size for request in requests_of(study)]
    # 80 are all images
    assert sizes.count(20) == 18 > sizes.count(40) > sizes.count(None) >= 2
    assert attempts[0].state == "complete" and set(attempts[0].steps) == {20, 40}
    pruned = [one for one in attempts if one.state == "pruned"]
    assert pruned and "best third on" in pruned[0].reason and pruned[0].steps
    outcome = judge(study)
    assert outcome and outcome.n_pruned == len(pruned)


def test_hyperband_begins_at_larger_sizes_too(tmp_path: Path) -> None:
    study = fake_study(tmp_path, StudyOptions(**{**vars(SVM), "trials": 13, "hyperband": True}), sizes=(20, 40, 80))
    run(study)
    of_settings: dict[str, list[int | None]] = {}
    for request in requests_of(study):
        of_settings.setdefault(request.trial.label, []).append(request.trial.train_size)
    first = [sizes[0] for sizes in of_settings.values()]
    assert (first.count(20), first.count(40), first.count(None)) == (9, 3, 1)


def test_networks_are_stopped_by_their_epochs_and_what_they_had_is_kept(tmp_path: Path) -> None:
    options = StudyOptions(**{**vars(SVM), "epochs": True})
    study = fake_study(tmp_path, options, epochs=(3.0, 2.0, 1.5, 1.2, 1.0))
    attempts = run(study)
    pruned = [one for one in attempts if one.state == "pruned"]
    assert pruned and attempts[0].state == "complete" and set(attempts[0].steps) == {1, 3} and len(attempts) == 12
    assert all(set(one.steps) <= {1, 3} and one.steps for one in pruned)
    stored = study.session.store.load(study.trial_of(pruned[0], study.trials[-1]).key)
    assert stored and stored.status == "interrupted" and "not among the best third after epoch" in stored.reason
    assert [step["epoch"] for step in stored.history] == list(range(1, len(stored.history) + 1))


def test_several_goals_give_a_pareto_set_and_a_bound_is_kept(tmp_path: Path) -> None:
    study = fake_study(tmp_path, StudyOptions(**{**vars(SVM), "minimise": "error,latency", "within": "latency<2ms"}))
    attempts = run(study)
    outcome = judge(study)
    assert outcome and outcome.goals == ("error", "latency_ms_p50")
    values = [attempts[number].values or () for number in outcome.pareto]
    assert [error for error, _ in values] == sorted(error for error, _ in values)
    assert [latency for _, latency in values] == sorted((latency for _, latency in values), reverse=True)
    shown = [line for line in sentences(study, outcome) if line.startswith("Pareto set: ")]
    assert len(shown) == len(values) > 1 and all("latency" in line for line in shown)
    assert all(latency < 2 for _, latency in values) and outcome.default_values[1] == 5.0


def test_no_setting_within_the_bounds_is_no_outcome(tmp_path: Path) -> None:
    study = fake_study(tmp_path, StudyOptions(**{**vars(SVM), "within": "error<0.01%"}))
    run(study)
    assert judge(study) is None and read_outcome(study.journal.path) is None
    first, nearest, settings = sentences(study, None)
    closest = min(one.values for one in study.journal.attempts() if one.values)
    assert "within the bounds" in first and settings.startswith("with ")
    assert nearest == f"nearest to error<0.01%: error {text_of('error', closest[0])}"


def test_several_jobs_try_each_setting_once(tmp_path: Path) -> None:
    study = fake_study(tmp_path, SVM, jobs=4, takes_s=0.02)
    attempts = run(study)
    assert len(attempts) == 12 and {one.state for one in attempts} == {"complete"}
    keys = [request.trial.key for request in requests_of(study)]
    assert len(keys) == len(set(keys)) == 12


def test_the_time_limit_ends_the_study_and_more_time_goes_on(tmp_path: Path) -> None:
    study = fake_study(tmp_path, StudyOptions(**{**vars(SVM), "trials": 1000}), takes_s=0.1)
    attempts = run(replace(study, deadline=clock() + 1))
    assert 1 <= len(attempts) <= 10 and attempts[0].state == "complete"
    assert len(run(replace(study, deadline=clock() + 1))) > len(attempts)


def test_a_study_that_its_time_ends_says_so_and_one_that_is_done_does_not(tmp_path: Path) -> None:
    events, tell = collected()
    study = fake_study(tmp_path, StudyOptions(**{**vars(SVM), "trials": 2}), tell=tell)
    late = replace(study, deadline=clock(), minutes=1.0)
    run(late)
    assert events[1:] == [TimeIsUp(1.0, (), 0, 2)]
    run(study)
    run(late)
    assert not any(isinstance(event, TimeIsUp) for event in events[2:])


def test_the_settings_that_were_tried_are_those_compared_and_the_others_by_what_became_of_them(tmp_path: Path) -> None:
    options = StudyOptions(**{**vars(SVM), "within": "latency<20ms"})
    study = fake_study(tmp_path, options, fails=lambda settings: float(settings["gamma"]) > 1)
    run(study)
    study.journal.start({"C": 3.0, "gamma": 0.1}, "a bench that is gone", {})
    outcome = judge(study)
    assert outcome and outcome.n_failed and outcome.n_under_way == 1 and outcome.n_tried == 13
    first = outcome.sentences()[0]
    assert "not finished" in first and "not within the bounds" in first
    total, *parts = map(int, re.findall(r"(\d+) (?:settings|compared|failed|not)", first))
    assert total == sum(parts) == 13


def test_a_study_that_is_interrupted_goes_on_with_what_was_under_way(tmp_path: Path) -> None:
    study = fake_study(tmp_path, SVM)
    stop = threading.Event()
    stop.set()
    run_study(study, stop)
    left = study.journal.start({"C": 3.0, "gamma": 0.1}, "a bench that is gone", {})
    events, tell = collected()
    again = fake_study(tmp_path, SVM, tell=tell)
    attempts = run(again)
    assert attempts[left.number].state == "complete" and len(attempts) == 12
    assert [event.attempt.number for event in events if isinstance(event, AttemptStarted) and event.adopted] == [0]


def in_a_process(folder: str, takes_s: float) -> None:
    study = fake_study(Path(folder), SVM, takes_s=takes_s)
    run_study(study, threading.Event())


def test_a_study_that_is_killed_ten_times_has_every_setting_once(tmp_path: Path) -> None:
    forking = multiprocessing.get_context("fork")
    for kill in range(10):
        process = forking.Process(target=in_a_process, args=(str(tmp_path), 0.05))
        process.start()
        time.sleep(0.05 + 0.03 * kill)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
    study = fake_study(tmp_path, SVM)
    run(study)
    (tmp_path / "whole").mkdir()
    whole = fake_study(tmp_path / "whole", SVM)
    run(whole)
    assert asked(study) == asked(whole)
    assert {one.state for one in study.journal.attempts()} == {"complete"}


def test_two_processes_share_the_work(tmp_path: Path) -> None:
    forking = multiprocessing.get_context("fork")
    fake_study(tmp_path, SVM)
    both_at_work = forking.Barrier(2)

    def take_part() -> None:
        begun: list[object] = []

        def wait_for_the_other(event: object) -> None:
            if isinstance(event, AttemptStarted) and not begun:
                begun.append(event)
                both_at_work.wait(timeout=60)

        run_study(fake_study(tmp_path, SVM, tell=wait_for_the_other), threading.Event())

    processes = [forking.Process(target=take_part) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    study = fake_study(tmp_path, SVM)
    attempts = study.journal.attempts()
    assert len(attempts) == len(set(asked(study))) == 12 and {one.state for one in attempts} == {"complete"}
    assert len({one.owner for one in attempts}) == 2
    assert requests_of(study) == []


def test_a_line_that_was_being_written_is_mended(tmp_path: Path) -> None:
    study = fake_study(tmp_path, StudyOptions(**{**vars(SVM), "trials": 3}))
    before = run(study)
    with study.journal.path.open("ab") as file:
        file.write(b'{"op_code":8,"worker_id":"a bench that was kil')
    again = fake_study(tmp_path, StudyOptions(**{**vars(SVM), "trials": 4}))
    assert again.journal.attempts() == before
    assert again.journal.path.read_bytes().endswith(b"kil")  # opening a study changes nothing
    assert len(run(again)) == 4 and len(fake_study(tmp_path, SVM).journal.attempts()) == 4


@pytest.mark.parametrize("n_lines", [0, 1, 2])
def test_a_study_that_was_killed_while_it_was_begun_is_begun_again(tmp_path: Path, n_lines: int) -> None:
    study = fake_study(tmp_path, SVM)
    lines = study.journal.path.read_bytes().splitlines(keepends=True)
    assert len(lines) == 2
    study.journal.path.write_bytes(b"".join(lines[:n_lines]))
    assert len(run(fake_study(tmp_path, SVM))) == 12


@pytest.mark.parametrize(
    "damage",
    [b"not a line\n{}\n", b'{"op_code":5}\n', b'{"op_code":99,"worker_id":"x"}\n{}\n', b"\xff\n\xff\n", b"7\n"],
)
def test_a_damaged_journal_is_one_line_and_is_not_changed(tmp_path: Path, damage: bytes) -> None:
    study = fake_study(tmp_path, StudyOptions(**{**vars(SVM), "trials": 2}))
    run(study)
    damaged = study.journal.path.read_bytes() + damage
    study.journal.path.write_bytes(damaged)
    with pytest.raises(BenchError, match="is damaged"):
        Journal(study.journal.path).attempts()
    with pytest.raises(BenchError, match="is damaged"):
        fake_study(tmp_path, SVM)
    assert study.journal.path.read_bytes() == damaged


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"params": ("C=0.01..10 log", "gamma=0.001..10 log")}, "search space"),
        ({"minimise": "latency"}, "--minimise"),
        ({"seed": 3}, "seed"),
        ({"sampler": "random"}, "sampler"),
        ({"within": "latency<2ms"}, "--within"),
    ],
)
def test_a_study_goes_on_only_with_what_it_was_asked_for(
    tmp_path: Path, changed: dict[str, object], words: str
) -> None:
    fake_study(tmp_path, SVM)
    with pytest.raises(BenchError, match=f"study 'svm-rbf-hog' was made with another {words}; choose another --study"):
        fake_study(tmp_path, StudyOptions(**{**vars(SVM), **changed}))


@pytest.mark.parametrize("value", ["1e308", '"x"', "null", "[]", "-1e400", "true", "0.1,0.2"])
def test_a_value_that_no_bench_writes_is_damage(tmp_path: Path, value: str) -> None:
    study = fake_study(tmp_path, StudyOptions(**{**vars(SVM), "trials": 2}))
    run(study)
    text, n_changed = re.subn(r'"values":\[[^]]*\]', f'"values":[{value}]', study.journal.path.read_text())
    assert n_changed
    study.journal.path.write_text(text)
    with pytest.raises(BenchError, match=r"svm-rbf-hog\.journal is damaged"):
        fake_study(tmp_path, SVM)
    (named,) = read_studies(study.session.store.folder).damaged
    assert named.startswith("studies/svm-rbf-hog.journal (") and study.journal.path.read_text() == text


@pytest.mark.parametrize("content", [bytes(5000), b"notes of mine", b'{"a": 1}', b"\n"])
def test_a_file_that_is_no_journal_is_named_and_not_written_over(tmp_path: Path, content: bytes) -> None:
    journal = fake_study(tmp_path, SVM).journal
    journal.path.write_bytes(content)
    with pytest.raises(BenchError, match="is damaged"):
        fake_study(tmp_path, SVM)
    assert read_studies(journal.path.parent.parent).damaged and journal.path.read_bytes() == content


def test_a_journal_of_another_study_is_named(tmp_path: Path) -> None:
    journal = fake_study(tmp_path, SVM).journal
    journal.path.rename(journal.path.with_name("other.journal"))
    (named,) = read_studies(journal.path.parent.parent).damaged
    assert named == "studies/other.journal (it holds no study 'other')"


@pytest.mark.parametrize("kind", ["device", "fifo", "loop", "folder", "large"])
def test_a_journal_that_is_no_file_is_damage_and_is_not_waited_for(tmp_path: Path, kind: str) -> None:
    journal = fake_study(tmp_path, SVM).journal
    journal.path.unlink()
    put_in_place_of(journal.path, kind)
    with pytest.raises(BenchError, match="is damaged"):
        fake_study(tmp_path, SVM)
    assert read_studies(journal.path.parent.parent).damaged


@pytest.mark.parametrize("kind", ["fifo", "loop", "folder"])
def test_a_lock_that_is_no_file_is_one_line(tmp_path: Path, kind: str) -> None:
    journal = fake_study(tmp_path, SVM).journal
    lock = journal.path.with_name(f".{journal.name}.lock")
    lock.unlink()
    put_in_place_of(lock, kind)
    with pytest.raises(BenchError, match=r"cannot lock .*; delete it"):
        fake_study(tmp_path, SVM)


@pytest.mark.parametrize("kind", ["fifo", "loop", "folder"])
def test_an_owners_lock_that_is_no_file_holds_nobody_up(tmp_path: Path, kind: str) -> None:
    study = fake_study(tmp_path, StudyOptions(**{**vars(SVM), "trials": 2}))
    study.journal.start({"C": 3.0, "gamma": 0.1}, "gone", {})
    put_in_place_of(study.journal.path.with_name(f".{study.journal.name}.owner-gone.lock"), kind)
    assert {one.state for one in run(study)} == {"complete"}


def put_in_place_of(path: Path, kind: str) -> None:
    """Put what is no readable file where a file is expected."""
    match kind:
        case "device":
            path.symlink_to("/dev/zero")
        case "fifo":
            os.mkfifo(path)
        case "loop":
            path.symlink_to(path)
        case "folder":
            path.mkdir()
        case _:
            with path.open("wb") as file:
                file.truncate(1 << 40)
