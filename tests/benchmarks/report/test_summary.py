from __future__ import annotations

from dataclasses import replace

from benchmarks.analysis.leaderboard import Leaderboard, Row
from benchmarks.report.data.summary import answer, listed

ROW = Row(1, True, "svm", "hog", "svm", "ok", 1, 0.99, 0.985, 0.995, features_s=1.0, fit_s=30.0, latency_ms_p50=4.0)
TIED = replace(ROW, model="net", accuracy=0.989, fit_s=20.0, latency_ms_p50=3.0)
NEAR = replace(ROW, rank=3, tied=False, model="trees", accuracy=0.986, fit_s=1.0, latency_ms_p50=0.5)
FAR = replace(NEAR, rank=4, model="dummy", accuracy=0.9, latency_ms_p50=0.1)


def board(*rows: Row, machines: tuple[str, ...] = ("here",)) -> Leaderboard:
    return Leaderboard(rows, tuple((row.model,) for row in rows), 60_000, 10_000, machines, 0, None)


def test_it_names_the_best_those_tied_the_cheapest_of_them_and_the_fastest_near_it() -> None:
    best, tied, cheapest, fastest = answer(board(ROW, TIED, NEAR, FAR))
    assert best == "svm on hog reads 99.00 % of 10,000 test images right (95 % interval 98.50 to 99.50 %)."
    assert tied == "net on hog cannot be told apart from the best of 4 rows."
    assert cheapest == "Of these 2, net on hog takes the least time to train: 21 s with its features."
    assert fastest.startswith("trees on hog (98.60 %) reads a single image fastest") and "0.5 ms" in fastest


def test_a_clear_winner_is_said_to_be_one() -> None:
    _, clear, fastest = answer(board(ROW, FAR))
    assert clear == "None of the other 1 comes so close that it could be chance." and fastest.startswith("The best")


def test_times_of_several_machines_are_not_compared() -> None:
    assert len(answer(board(ROW, TIED, machines=("a", "b")))) == 2


def test_what_was_not_measured_is_not_said() -> None:
    unknown = replace(ROW, features_s=None, latency_ms_p50=None)
    assert len(answer(board(unknown, replace(unknown, model="b")))) == 2
    assert answer(board(replace(ROW, status="failed", accuracy=None))) == ["No model has been measured yet."]


def test_very_many_names_are_counted() -> None:
    assert listed(["a"]) == "a" and listed(["a", "b"]) == "a and b"
    assert listed([str(i) for i in range(9)]) == "0, 1, 2, 3, 4, 5 and 3 more"
