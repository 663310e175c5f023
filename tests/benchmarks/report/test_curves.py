from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.records.trial import Predictions, TrialResult
from benchmarks.report.charts.curves import Curve, calibration_chart, epoch_charts, learning_charts, learning_curves
from tests.conftest import a_result


def at(size: int | None, accuracy: float, fit_s: float, seed: int = 0, model: str = "knn") -> TrialResult:
    result = a_result(model, accuracy, seed=seed, train_size=size, n_test=100)
    return replace(result, timing=replace(result.timing, fit_s=fit_s))


def test_a_curve_is_a_row_over_its_sizes_with_its_seeds_put_together() -> None:
    results = [at(None, 0.98, 9.0), at(10, 0.6, 1.0), at(10, 0.5, 3.0, seed=1), at(None, 0.9, 1.0, model="svm")]
    (curve,) = learning_curves(results)
    assert (curve.name, curve.sizes, curve.fit_s) == ("knn on pixels", (10, 100), (2.0, 9.0))
    assert [round(error, 9) for error in curve.errors] == [45.0, 2.0]


def test_failures_make_no_points() -> None:
    assert learning_curves([at(10, 0.5, 1.0), a_result("knn", status="failed")]) == []


def test_a_perfect_model_makes_no_point_on_a_logarithmic_scale_of_its_error() -> None:
    error, fit = learning_charts([Curve("a", (10, 100), (5.0, 0.0), (0.1, 1.0))])
    assert error.lines[0].points == ((10, 5.0),) and fit.lines[0].points == ((10, 0.1), (100, 1.0))


def test_no_curves_no_charts() -> None:
    assert learning_charts([]) == []


def test_training_and_validation_share_a_chart_of_each_figure() -> None:
    history = [{"epoch": n, "loss": 1 / n, "val_loss": 2 / n, "val_accuracy": None} for n in (1, 2, 3)]
    (loss,) = epoch_charts(history)
    assert [line.name for line in loss.lines] == ["training", "validation"]
    assert loss.lines[1].points == ((1, 2.0), (2, 1.0), (3, 2 / 3))
    assert epoch_charts([]) == []


def test_calibration_sets_accuracy_against_confidence() -> None:
    sure = np.array([[0.95, 0.05], [0.97, 0.03], [0.6, 0.4], [0.2, 0.8]])
    chart = calibration_chart(np.array([0, 1, 0, 1]), Predictions(sure.argmax(axis=1), sure))
    assert chart and [tuple(round(v, 6) for v in point) for point in chart.lines[1].points] == [
        (60.0, 100.0),
        (80.0, 100.0),
        (96.0, 50.0),
    ]
    assert calibration_chart(np.array([0]), Predictions(np.array([0]))) is None
