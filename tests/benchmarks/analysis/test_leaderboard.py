from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.analysis.leaderboard import Leaderboard, leaderboard
from benchmarks.records.trial import TrialResult
from benchmarks.report.text.table import as_csv, as_text, cells, failures, notes
from tests.conftest import a_result

N = 1000


def right(result: TrialResult) -> NDArray[np.bool_] | None:
    """Read the first images right, as many as the accuracy says."""
    return None if result.scores is None else np.arange(N) < result.scores.accuracy * N


def ranked(*results: TrialResult, train_size: int | None = None) -> Leaderboard:
    return leaderboard(results, {"knn": "neighbours"}, right, train_size)


def model(name: str, accuracy: float, **more: int) -> TrialResult:
    return a_result(name, accuracy, n_test=N, **more)  # type: ignore[arg-type]


def test_rows_are_ranked_and_those_not_told_apart_from_the_best_share_rank_1() -> None:
    board = ranked(model("worse", 0.9), model("best", 0.99), model("near", 0.987), model("dummy", 0.1))
    assert [(row.model, row.rank, row.tied) for row in board.rows] == [
        *(("best", 1, True), ("near", 1, True), ("worse", 3, False), ("dummy", 4, False)),
    ]


def test_equal_accuracies_below_the_best_share_their_rank() -> None:
    board = ranked(model("best", 0.99), model("b", 0.5), model("c", 0.5), model("d", 0.4))
    assert [row.rank for row in board.rows] == [1, 2, 2, 4]


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
    assert row.accuracy_low is not None and row.accuracy_high is not None
    assert row.accuracy_low < 0.9 < row.accuracy_high
    assert row.predict_s == 0.2 and row.model_mb == 1.0
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


def test_a_row_whose_predictions_are_gone_is_never_tied() -> None:
    board = leaderboard([model("a", 0.99), model("b", 0.99)], {}, lambda result: None)
    assert [(row.rank, row.tied) for row in board.rows] == [(1, True), (1, False)]


def test_nothing_makes_no_rows() -> None:
    assert ranked().rows == ()


def test_the_csv_has_the_agreed_columns_in_full_precision() -> None:
    board = ranked(model("best", 0.987), a_result("lost", status="out-of-memory"))
    rows = list(csv.DictReader(io.StringIO(as_csv(board))))
    assert ",".join(rows[0]) == (
        "rank,tied,model,features,family,status,seeds,accuracy,accuracy_low,accuracy_high,precision,recall,f1,"
        "features_s,fit_s,predict_s,latency_ms_p50,latency_ms_p99,peak_rss_mb,model_mb,reason"
    )
    assert float(rows[0]["accuracy"]) == 0.987 and rows[0]["tied"] == "true"
    assert rows[1]["accuracy"] == rows[1]["rank"] == "" and rows[1]["status"] == "out-of-memory"


def test_the_text_marks_ties_and_shows_why_a_row_has_no_figures() -> None:
    text = as_text(ranked(model("best", 0.987), a_result("lost", status="timeout")).rows)
    assert "1=" in text and "98.70" in text and "timeout" in text


def test_seeds_and_their_spread_are_shown() -> None:
    board = ranked(*(model("knn", accuracy, seed=seed) for seed, accuracy in enumerate((0.8, 0.9, 1.0))))
    shown = cells(board.rows[0])
    assert shown["seeds"] == "3" and shown["accuracy %"] == "90.00 ± 10.00"
    assert board.all_equal_p is None


def test_the_notes_say_whether_all_rows_could_be_equal() -> None:
    assert "p < 0.0001 (Cochran's Q)" in " ".join(notes(ranked(model("best", 0.99), model("worse", 0.5))))
    assert "p = 1 (Cochran's Q)" in " ".join(notes(ranked(model("a", 0.9), model("b", 0.9))))
