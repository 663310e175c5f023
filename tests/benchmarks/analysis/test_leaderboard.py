from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.analysis.leaderboard import Leaderboard, leaderboard
from benchmarks.analysis.metric import Shown
from benchmarks.analysis.metrics import METRICS
from benchmarks.records.trial import TrialResult
from benchmarks.report.text.table import BEST_GROUP, as_csv, as_text, cells, columns, failures, notes
from tests.conftest import a_result

N = 1000


def correct(result: TrialResult) -> NDArray[np.bool_] | None:
    """Classify the first images correctly, as many as the accuracy says."""
    return None if result.scores is None else np.arange(N) < result.scores.accuracy * N


def ranked(*results: TrialResult, train_size: int | None = None) -> Leaderboard:
    return leaderboard(results, {"knn": "neighbours"}, correct, train_size)


def model(name: str, accuracy: float, **more: int) -> TrialResult:
    return a_result(name, accuracy, n_test=N, **more)  # type: ignore[arg-type]


def test_ranks_are_positions_and_a_mark_says_what_is_not_significantly_different_from_the_best() -> None:
    board = ranked(model("worse", 0.9), model("best", 0.99), model("near", 0.987), model("dummy", 0.1))
    assert [(row.model, row.rank, row.best_group, row.mark) for row in board.rows] == [
        *(("best", 1, True, ""), ("near", 2, True, "*"), ("worse", 3, False, ""), ("dummy", 4, False, "")),
    ]


def test_a_marked_row_may_stand_below_one_that_is_significantly_different() -> None:
    """The second errs on images that the best classifies correctly, the third on nearly as many of the same ones."""
    errors = {"best": range(20), "close": range(31), "other": [*range(20, 40), *range(100, 113)]}
    board = leaderboard(
        [model(name, 1 - len(wrong) / N) for name, wrong in errors.items()],
        {},
        lambda result: ~np.isin(np.arange(N), errors[result.trial.model]),
    )
    assert [(row.model, row.rank, row.mark) for row in board.rows] == [
        *(("best", 1, ""), ("close", 2, ""), ("other", 3, "*")),
    ]


def test_equal_accuracies_share_their_rank() -> None:
    board = ranked(model("best", 0.99), model("b", 0.5), model("c", 0.5), model("d", 0.4))
    assert [row.rank for row in board.rows] == [1, 2, 2, 4]
    assert [row.rank for row in ranked(model("a", 0.9), model("b", 0.9), model("c", 0.8)).rows] == [1, 1, 3]


def test_a_mean_over_seeds_that_differs_in_its_last_bits_is_equal() -> None:
    three = (model("three", accuracy, seed=seed) for seed, accuracy in enumerate((0.9, 0.942, 0.999)))
    board = ranked(model("best", 0.999), model("one", 0.947), *three)
    one, mean = (row for row in board.rows if row.model != "best")
    assert one.accuracy != mean.accuracy and one.rank == mean.rank == 2


def test_rows_that_failed_for_one_reason_are_said_together() -> None:
    board = ranked(*(a_result(name, status="skipped") for name in ("a", "b")), a_result("c", status="failed"))
    assert failures(board.rows)[:-1] == [
        "- `a` on pixels, `b` on pixels: skipped, because",
        "- `c` on pixels: failed, because",
    ]


def test_a_row_is_a_mean_over_seeds_with_an_interval() -> None:
    board = ranked(*(model("knn", accuracy, seed=seed) for seed, accuracy in enumerate((0.8, 0.9, 1.0))))
    (row,) = board.rows
    assert row.seeds == 3 and row.accuracy == pytest.approx(0.9) and row.family == "neighbours"
    assert row.interval is not None and row.interval.low < 0.9 < row.interval.high
    assert row.values["predict_s"] == 0.2 and row.values["model_mb"] == 1.0
    assert row.values["training_s"] == pytest.approx(5.4) and "log_loss" not in row.values
    assert board.keys == (("knn@pixels-s0", "knn@pixels-s1", "knn@pixels-s2"),)


def test_a_row_is_ok_when_all_its_seeds_are() -> None:
    board = ranked(model("knn", 0.9), a_result("knn", seed=1, status="timeout"), model("other", 0.5))
    assert [(row.model, row.status, row.rank) for row in board.rows] == [("other", "ok", 1), ("knn", "timeout", None)]
    assert board.rows[1].reason == "because" and board.rows[1].accuracy is None


def test_smaller_training_sizes_are_no_rows() -> None:
    results = (model("knn", 0.9), model("knn", 0.5, train_size=10), model("other", 0.4, train_size=10))
    assert [row.model for row in ranked(*results).rows] == ["knn"]
    assert ranked(*results).n_smaller == 2
    small = ranked(*results, train_size=10)
    assert [(row.model, row.accuracy) for row in small.rows] == [("knn", 0.5), ("other", 0.4)]


def test_a_row_whose_predictions_are_gone_is_not_marked() -> None:
    board = leaderboard([model("a", 0.99), model("b", 0.99), model("c", 0.98)], {}, lambda result: None)
    # as accurate as the best is among the best, whatever the predictions would tell
    assert [(row.rank, row.best_group) for row in board.rows] == [(1, True), (1, True), (3, False)]


def test_nothing_makes_no_rows() -> None:
    assert ranked().rows == ()


def test_the_csv_has_the_agreed_columns_in_full_precision() -> None:
    board = ranked(model("best", 0.987), a_result("lost", status="out-of-memory"))
    rows = list(csv.DictReader(io.StringIO(as_csv(board))))
    assert ",".join(rows[0]) == (
        "rank,best_group,model,features,family,status,seeds,accuracy,accuracy_low,accuracy_high,"
        + ",".join(metric.name for metric in METRICS if metric.name != "accuracy")
        + ",reason"
    )
    assert float(rows[0]["accuracy"]) == 0.987 and rows[0]["best_group"] == "true" and rows[0]["log_loss"] == ""
    assert rows[1]["accuracy"] == rows[1]["rank"] == "" and rows[1]["status"] == "out-of-memory"


def test_the_text_explains_its_marks_and_shows_why_a_row_has_no_figures() -> None:
    text = as_text(ranked(model("best", 0.987), model("near", 0.985), a_result("lost", status="timeout")).rows)
    assert "2*" in text and "98.70" in text and "timeout" in text and BEST_GROUP in text
    assert BEST_GROUP not in as_text(ranked(model("best", 0.987)).rows)


def test_a_metric_that_no_row_has_is_no_column() -> None:
    rows = ranked(model("best", 0.987), a_result("lost", status="timeout")).rows
    shown = [metric.name for metric in columns(rows, Shown.DETAILS)]
    assert "fit_s" in shown and "log_loss" not in shown
    assert [metric.name for metric in columns(rows[1:], Shown.DETAILS)] == ["accuracy"]


def test_seeds_and_their_spread_are_shown() -> None:
    board = ranked(*(model("knn", accuracy, seed=seed) for seed, accuracy in enumerate((0.8, 0.9, 1.0))))
    shown = cells(board.rows[0], columns(board.rows, Shown.TABLES))
    assert shown["seeds"] == "3" and shown["accuracy %"] == "90.00 ± 10.00"
    assert board.all_equal_p is None


def test_the_notes_say_whether_all_rows_could_be_equal() -> None:
    assert "p < 0.0001 (Cochran's Q)" in " ".join(notes(ranked(model("best", 0.99), model("worse", 0.5))))
    assert "p = 1 (Cochran's Q)" in " ".join(notes(ranked(model("a", 0.9), model("b", 0.9))))
