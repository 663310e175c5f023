from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.analysis.metrics import COMPARED
from benchmarks.analysis.run_comparison import Side, compare_rows, regressions
from benchmarks.records.trial import Latency, Resources, Timing, TrialResult
from tests.conftest import a_result

N = 1_000
FIGURES = [metric.heading for metric in COMPARED if metric.of_trial(a_result()) is not None]
TIMES = [metric.heading for metric in COMPARED if metric.unit.is_time]


def side(
    n_wrong: int = 50,
    fit_s: float = 5.0,
    predict_s: tuple[float, ...] = (1.0, 1.0, 1.0),
    memory_mb: float = 100.0,
    features_s: float = 10.0,
    one_image_ms: float = 1.0,
) -> Side:
    """Return a row of one seed that misclassifies the first ``n_wrong`` of 1,000 images."""
    result = replace(
        a_result(accuracy=1 - n_wrong / N, n_test=N),
        timing=Timing(
            fit_s=fit_s, predict_s=predict_s, features_s=features_s, latency_ms=Latency(one_image_ms, 2 * one_image_ms)
        ),
        resources=Resources(memory_mb, 2**20, 2),
    )
    return Side((result,), (np.arange(N) >= n_wrong)[None])


def verdicts(first: Side, second: Side, why_no_times: str = "") -> dict[str, str]:
    (row,) = compare_rows({"knn": first}, {"knn": second}, why_no_times)
    return {figure: change.verdict for figure, change in row.figures.items()}


def test_a_run_compared_with_itself_has_not_changed() -> None:
    assert verdicts(side(), side()) == dict.fromkeys(FIGURES, "the same")


@pytest.mark.parametrize(
    ("changed", "figure", "verdict"),
    [
        (side(n_wrong=80), "accuracy", "worse"),
        (side(n_wrong=20), "accuracy", "improved"),
        (side(n_wrong=53), "accuracy", "within noise"),
        (side(fit_s=7.4), "fit", "within noise"),
        (side(fit_s=7.6), "fit", "worse"),
        (side(fit_s=3.3), "fit", "improved"),
        (side(predict_s=(1.2, 1.2, 1.2)), "predict", "worse"),
        (side(predict_s=(1.0, 1.2, 1.4)), "predict", "within noise"),
        (side(predict_s=(0.8, 0.8, 0.8)), "predict", "improved"),
        (side(predict_s=(0.5, 1.6, 4.0)), "predict", "worse"),
        (side(features_s=13.0), "feature time", "within noise"),
        (side(features_s=16.0), "feature time", "worse"),
        (side(one_image_ms=1.4), "one image", "within noise"),
        (side(one_image_ms=1.8), "one image", "worse"),
        (side(memory_mb=109), "memory", "within noise"),
        (side(memory_mb=120), "memory", "worse"),
    ],
)
def test_each_figure_is_judged_by_itself(changed: Side, figure: str, verdict: str) -> None:
    expected = dict.fromkeys(FIGURES, "the same") | {figure: verdict}
    assert verdicts(side(), changed) == expected


def test_a_fit_timed_with_several_seeds_may_differ_by_less() -> None:
    def seeds(fit_s: float) -> Side:
        return Side(side(fit_s=fit_s).results * 3, np.repeat(side().correct, 3, axis=0))  # type: ignore[arg-type]

    assert verdicts(seeds(5.0), seeds(6.2))["fit"] == "within noise"
    assert verdicts(seeds(5.0), seeds(6.3))["fit"] == "worse"


def test_more_seeds_do_not_excuse_more() -> None:
    def seeds(*fits: float) -> Side:
        results = tuple(result for fit_s in fits for result in side(fit_s=fit_s).results)
        return Side(results, np.repeat(side().correct, len(fits), axis=0))  # type: ignore[arg-type]

    usual = (5.0, 5.0, 5.1, 5.1, 9.0)
    assert verdicts(seeds(*usual), seeds(*(1.3 * fit_s for fit_s in usual)))["fit"] == "worse"
    assert verdicts(seeds(5.0, 5.0, 5.0), seeds(3.0, 9.0, 15.0))["fit"] == "worse"


def test_features_taken_from_the_cache_by_every_seed_were_timed_once() -> None:
    def seeds(features_s: float) -> Side:
        return Side(side(features_s=features_s).results * 3, np.repeat(side().correct, 3, axis=0))  # type: ignore[arg-type]

    assert verdicts(seeds(10.0), seeds(14.0))["feature time"] == "within noise"


def test_tiny_times_are_noise_whatever_their_ratio() -> None:
    assert verdicts(side(fit_s=0.001), side(fit_s=0.015))["fit"] == "within noise"


def test_holm_corrects_over_the_rows() -> None:
    """Six more errors in one row are significant alone (p = 0.03) and not among twenty."""
    first, second = side(50), side(56)
    assert verdicts(first, second)["accuracy"] == "worse"
    names = [f"model-{i}" for i in range(20)]
    rows = compare_rows(dict.fromkeys(names, first), {**dict.fromkeys(names, first), "model-3": second})
    assert {row.figures["accuracy"].verdict for row in rows} == {"the same", "within noise"}


def test_without_predictions_accuracies_are_compared_by_their_intervals() -> None:
    def bare(n_wrong: int) -> Side:
        return replace(side(n_wrong), correct=None)

    assert verdicts(side(50), bare(56))["accuracy"] == "within noise"
    assert verdicts(side(50), bare(100))["accuracy"] == "worse"


def test_times_of_other_machines_threads_or_beside_others_are_not_compared() -> None:
    elsewhere = verdicts(side(), side(fit_s=50.0), "other machine")
    assert elsewhere == dict.fromkeys(FIGURES, "the same") | dict.fromkeys(TIMES, "not compared")
    (result,) = side().results
    threads = replace(result, resources=replace(result.resources, threads=4))
    contended = replace(result, timing=replace(result.timing, contended=True))
    for other in (threads, contended):
        assert verdicts(side(), replace(side(), results=(other,)))["fit"] == "not compared"


def failed() -> Side:
    result: TrialResult = replace(a_result(status="failed"), reason="it fell over")
    return Side((result,), None)


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [(side(), failed(), "worse"), (failed(), side(), "improved"), (failed(), failed(), "not compared")],
)
def test_a_row_that_fails_on_one_side_has_no_figures_and_says_why(first: Side, second: Side, verdict: str) -> None:
    (row,) = compare_rows({"knn": first}, {"knn": second})
    assert not row.figures and row.status.verdict == verdict and row.status.basis == "failed: it fell over"
    assert bool(regressions([row], ["accuracy"])) == (verdict == "worse")


def test_only_the_figures_asked_for_fail() -> None:
    rows = compare_rows({"knn": side(), "svm": side()}, {"knn": side(fit_s=9.0), "svm": side(80)})
    assert regressions(rows, ["fit", "memory"]) == [("knn", "fit")]
    assert regressions(rows, ["accuracy"]) == [("svm", "accuracy")]
    assert regressions(rows, []) == []


times = st.lists(st.floats(0.001, 1_000), min_size=1, max_size=5).map(tuple)


@given(times, times)
def test_what_is_worse_one_way_is_improved_the_other_way(first: tuple[float, ...], second: tuple[float, ...]) -> None:
    there = verdicts(side(predict_s=first), side(predict_s=second))["predict"]
    back = verdicts(side(predict_s=second), side(predict_s=first))["predict"]
    assert {there, back} in ({"worse", "improved"}, {"within noise"}, {"the same"})
