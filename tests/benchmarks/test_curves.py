from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

from benchmarks.report.curves import Curve, as_svg, learning_curves
from benchmarks.trial import TrialResult
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


def test_the_drawing_is_svg_names_every_curve_and_is_always_the_same() -> None:
    curves = [Curve(f"model {i} <x>", (10, 100), (5.0, 0.0), (0.1, 1.0)) for i in range(25)]
    svg = as_svg(curves)
    texts = {text for element in ET.fromstring(svg).iter() if (text := (element.text or "").strip())}
    assert {curve.name for curve in curves} <= texts and "test error, %" in texts
    assert as_svg(curves) == svg


def test_no_curves_no_drawing() -> None:
    assert as_svg([]) == ""
