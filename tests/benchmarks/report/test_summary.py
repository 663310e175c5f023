from __future__ import annotations

from dataclasses import replace

from benchmarks.analysis.leaderboard import Leaderboard, Row
from benchmarks.analysis.statistics import Interval
from benchmarks.common.formatting import listed
from benchmarks.report.data.summary import summarize

VALUES = {"accuracy": 0.99, "training_s": 31.0, "latency_ms_p50": 4.0}
ROW = Row(1, True, "svm", "hog", "svm", "ok", 1, VALUES, Interval(0.985, 0.995))
GROUP = replace(ROW, rank=2, model="net", values={"accuracy": 0.989, "training_s": 21.0, "latency_ms_p50": 3.0})
NEAR = Row(3, False, "trees", "hog", "forest", "ok", 1, {"accuracy": 0.986, "training_s": 2.0, "latency_ms_p50": 0.5})
FAR = replace(NEAR, rank=4, model="dummy", values={"accuracy": 0.9, "training_s": 2.0, "latency_ms_p50": 0.1})


def board(*rows: Row, machines: tuple[str, ...] = ("here",)) -> Leaderboard:
    p_values = {(0, i): 0.5 if row.best_group else 0.01 for i, row in enumerate(rows) if i}
    return Leaderboard(rows, tuple((row.model,) for row in rows), 60_000, 10_000, machines, 0, None, p_values)


def test_it_names_the_best_its_group_the_cheapest_of_them_and_the_fastest_of_them() -> None:
    best, group, cheapest, fastest = summarize(board(ROW, GROUP, NEAR, FAR))
    assert best == (
        "svm on hog is the most accurate: "
        "it classifies 99.00 % of 10,000 test images (95 % interval 98.50 to 99.50 %) correctly."
    )
    assert group == "net on hog is not significantly different from it."
    assert cheapest == "Of these 2, net on hog takes the least time to train: 21 s with its features."
    assert fastest == "Of these 2, net on hog predicts a single image fastest: 3 ms.", "trees are significantly worse"


def test_a_significantly_better_row_is_called_that() -> None:
    _, clear = summarize(board(ROW, FAR))
    assert clear == "It is significantly better than the other row."
    assert summarize(board(ROW, FAR, FAR))[1] == "It is significantly better than each of the other 2 rows."


def test_nothing_is_called_significantly_better_than_a_row_without_predictions() -> None:
    untested = replace(board(ROW, NEAR, FAR), p_values={(0, 1): 0.01})
    assert not any("significantly" in sentence for sentence in summarize(untested))


def test_times_of_several_machines_are_not_compared() -> None:
    assert len(summarize(board(ROW, GROUP, machines=("a", "b")))) == 2


def test_what_was_not_measured_is_left_out() -> None:
    unknown = replace(ROW, values={"accuracy": 0.99})
    assert len(summarize(board(unknown, replace(unknown, model="b")))) == 2
    assert summarize(board(replace(ROW, status="failed", values={}))) == ["No model has been measured yet."]


def test_very_many_names_are_counted() -> None:
    assert listed(["a"]) == "a" and listed(["a", "b"]) == "a and b"
    assert listed([str(i) for i in range(9)]) == "0, 1, 2, 3, 4, 5 and 3 more"
