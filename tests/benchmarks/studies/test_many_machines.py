from __future__ import annotations

import random

import pytest

from benchmarks.studies.many_machines import DOC, END, START, Cluster, Task, simulate, tables

TASKS = [Task(float(seconds), "pixels", 0.0) for seconds in (9, 3, 3, 3, 1, 1)]


def makespan(machines: int, tasks: list[Task] = TASKS, **more: float) -> float:
    return simulate(
        tasks, Cluster(machines, transfer_s=more.pop("transfer_s", 0.0), **more), random.Random(0)
    ).makespan_s


def test_one_machine_takes_as_long_as_all_trials_and_many_as_long_as_the_longest() -> None:
    assert makespan(1) == 20 and makespan(6) == makespan(100) == 9
    assert simulate(TASKS, Cluster(4, transfer_s=0), random.Random(0)).efficiency == pytest.approx(20 / (4 * 9))


def test_the_longest_first_are_done_sooner() -> None:
    assert (makespan(2, TASKS), makespan(2, TASKS[::-1])) == (10, 13)


def test_data_go_to_one_machine_after_the_other_and_features_are_computed_once_on_each() -> None:
    assert makespan(6, transfer_s=2.0) == 13  # the sixth machine has its data after 12 s
    assert makespan(2, [Task(1, "hog", 10)] * 4) == 12


def test_trials_of_lost_machines_run_again_and_fail_in_the_end() -> None:
    generator = random.Random(1)
    outcome = simulate(TASKS * 20, Cluster(2, fails_after_s=100.0, transfer_s=0), generator)
    assert outcome.makespan_s > 200 and outcome.failed == 0
    hopeless = simulate([Task(1e6, "pixels", 0)], Cluster(2, fails_after_s=10.0, transfer_s=0), generator)
    assert hopeless.failed == 1


def test_the_tables_of_the_guide_are_those_of_the_simulation() -> None:
    text = DOC.read_text(encoding="utf-8")
    assert text.partition(START)[2].partition(END)[0].strip() == tables()
