from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.analysis.metrics import BY_NAME, METRICS
from benchmarks.records.trial import TrialResult
from benchmarks.report.text.table import CSV_COLUMNS
from tests.conftest import a_result


def timed(fit_s: float | None, features_s: float = 1.0, predict_s: tuple[float, ...] = ()) -> TrialResult:
    result = a_result()
    return replace(result, timing=replace(result.timing, fit_s=fit_s, features_s=features_s, predict_s=predict_s))


def test_every_name_and_every_heading_is_there_once() -> None:
    assert len(set(CSV_COLUMNS)) == len(CSV_COLUMNS)
    assert len({metric.heading for metric in METRICS}) == len({metric.label for metric in METRICS}) == len(METRICS)


def test_scores_are_means_over_seeds_and_costs_are_medians() -> None:
    accuracies = [a_result(accuracy=accuracy) for accuracy in (0.7, 0.8, 0.9)]
    assert BY_NAME["accuracy"].of_row(accuracies) == pytest.approx(0.8)
    assert BY_NAME["fit_s"].of_row([timed(1.0), timed(2.0), timed(9.0)]) == 2.0


def test_a_trial_that_repeats_a_measurement_counts_once_in_its_row() -> None:
    results = [timed(1.0, predict_s=(1.0, 2.0, 9.0)), timed(1.0, predict_s=(4.0,))]
    assert BY_NAME["predict_s"].of_row(results) == 3.0
    assert BY_NAME["predict_s"].measurements(results) == [1.0, 2.0, 9.0, 4.0]


def test_seeds_that_reused_one_feature_matrix_share_one_measurement() -> None:
    results = [timed(5.0, features_s=3.0), timed(5.0, features_s=3.0)]
    assert BY_NAME["features_s"].measurements(results) == [3.0]
    assert BY_NAME["fit_s"].measurements(results) == [5.0, 5.0]


def test_what_was_not_measured_has_no_value() -> None:
    assert BY_NAME["fit_s"].of_row([timed(None), timed(4.0)]) == 4.0
    assert BY_NAME["training_s"].of_row([timed(None)]) is None
    unscored = a_result(status="failed")
    assert all(metric.of_trial(unscored) is None for metric in METRICS if metric.better == "higher")
    assert BY_NAME["fit_s"].text(None) == BY_NAME["fit_s"].cell(None) == ""


@pytest.mark.parametrize(
    ("name", "value", "title", "cell", "text"),
    [
        ("accuracy", 0.98765, "accuracy %", "98.77", "98.77 %"),
        ("n_errors", 1234.0, "errors", "1,234", "1,234"),
        ("n_errors", 25.333, "errors", "25.3", "25.3"),
        ("log_loss", 0.0123456, "log loss", "0.0123", "0.0123"),
        ("fit_s", 0.05, "fit", "50 ms", "50 ms"),
        ("latency_ms_p50", 1500.0, "one image", "1.5 s", "1.5 s"),
        ("model_mb", 0.5, "size", "512 KiB", "512 KiB"),
    ],
)
def test_values_print_with_their_unit_in_the_heading_or_in_the_cell(
    name: str, value: float, title: str, cell: str, text: str
) -> None:
    metric = BY_NAME[name]
    assert (metric.title, metric.cell(value), metric.text(value)) == (title, cell, text)
