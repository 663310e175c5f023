from __future__ import annotations

import pytest

from benchmarks.common.errors import BenchError
from benchmarks.tuning.search.space import Dimension, Space, search_space
from models.registry import MODELS
from models.spec import Param
from tests.benchmarks.tuning.models_to_tune import model

SVM = MODELS["svm-rbf"]


def words(space: Space) -> list[str]:
    return [dimension.words() for dimension in space.dimensions]


def test_a_space_follows_from_the_settings_of_a_model() -> None:
    space = search_space(SVM, (), ())
    assert words(space) == ["C=1e-06..1e+06 log", "gamma=1e-06..10000 log", "stock=False,True"]
    assert search_space(MODELS["knn"], (), ()).dimensions[0] == Dimension("k", True, 1, 1000, True)


def test_every_model_of_the_suite_has_a_space_that_holds_its_defaults() -> None:
    for one in MODELS.values():
        if one.settings:
            space = search_space(one, (), ())
            for features in one.features:
                assert space.holds(one.defaults_on(features)), one.name


def test_settings_without_a_range_stay_at_their_defaults() -> None:
    spec = model(depth=Param(3, low=1), name=Param("relu"), rate=Param(0.1, 0.0, 1.0))
    assert words(search_space(spec, (), ())) == ["rate=0..1"]
    assert words(search_space(spec, ("depth=1..8",), ())) == ["depth=1..8", "rate=0..1"]


def test_a_range_is_narrowed_and_a_value_fixes_a_setting() -> None:
    space = search_space(SVM, ("C=1..100 log", "gamma = 0.02", "stock=false"), ())
    assert words(space) == ["C=1..100 log"] and space.fixed == {"gamma": 0.02, "stock": False}
    assert words(search_space(SVM, ("C=1,10",), ("C",))) == ["C=1.0,10.0"]
    assert words(search_space(SVM, (), ("gamma",))) == ["gamma=1e-06..10000 log"]
    # a range that is wide as the model says is searched as it says
    assert search_space(SVM, ("C=1..100",), ("C",)).dimensions[0].log


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("C", "--param 'C' should be a range"),
        ("C=", "--param 'C=' should be a range"),
        ("D=1..2", "no setting 'D'; it has: C, gamma, stock"),
        ("C=1..1e9", "should be a number from 1e-06 to 1000000.0, not 1000000000.0"),
        ("C=a..b", "should be a number"),
        ("C=10..1", "the wrong way round"),
        ("C=nan..1", "should be a number"),
        ("C=1,1", "gives a value twice"),
        ("stock=1..2", "should be true or false"),
        ("C=1..2..3", "should be a number"),
    ],
)
def test_what_is_no_range_is_refused_in_one_line(given: str, message: str) -> None:
    with pytest.raises(BenchError, match=message) as error:
        search_space(SVM, (given,), ())
    assert "\n" not in str(error.value)


def test_two_ranges_for_one_setting_and_an_empty_space_are_refused() -> None:
    with pytest.raises(BenchError, match="given twice"):
        search_space(SVM, ("C=1..2", "C=1..3"), ())
    with pytest.raises(BenchError, match="nothing to tune"):
        search_space(SVM, ("C=1", "gamma=1", "stock=true"), ())
    with pytest.raises(BenchError, match="no setting 'D'"):
        search_space(SVM, (), ("D",))
    with pytest.raises(BenchError, match="above 0"):
        search_space(model(rate=Param(0.1, 0.0, 1.0)), ("rate=0..1 log",), ())


def test_a_setting_at_the_edge_of_its_range_is_a_warning() -> None:
    space = search_space(SVM, ("C=1..100 log", "gamma=0.01..1 log"), ("C", "gamma"))
    assert space.edges({"C": 10.0, "gamma": 0.1}) == []
    (warning,) = space.edges({"C": 99.9, "gamma": 0.1})
    assert "C=99.9 is at the high end of C=1..100 log" in warning
    whole = search_space(MODELS["knn"], ("k=1..5",), ())
    assert "the low end" in whole.edges({"k": 1, "weights": "uniform"})[0] and whole.edges({"k": 3}) == []


def test_only_finite_spaces_have_a_grid() -> None:
    space = search_space(MODELS["knn"], ("k=1..3",), ("k", "weights"))
    assert space.n_points == 6 == len(list(space.grid())) and not space.continuous
    assert search_space(SVM, (), ("C", "gamma")).continuous


def test_numbers_have_four_digits_and_stay_in_their_range() -> None:
    dimension = Dimension("C", low=0.12345678, high=9.8765432, log=True)
    assert dimension.at(0.0) == 0.12345678 and dimension.at(1.0) <= 9.8765432
    assert dimension.at(0.5) == float(f"{dimension.at(0.5):.4g}")
    assert dimension.share(dimension.at(0.25)) == pytest.approx(0.25, abs=1e-3)
