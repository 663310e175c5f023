from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.catalog.catalog import Catalog
from benchmarks.catalog.selection import Choice, plan
from benchmarks.catalog.tuned_settings import TunedSettings
from benchmarks.common.errors import BenchError
from benchmarks.datasets.registry import DATASETS
from benchmarks.records.trial import Trial
from features.naming import DuplicateNameError, Registry, UnknownNameError
from features.registry import FEATURES
from models.spec import BuildContext, Estimator, ModelSpec, Param


def build(context: BuildContext) -> Estimator:
    raise AssertionError("a plan builds nothing")


SETTINGS = {
    "C": Param(1.0, 1e-6, 1e6, log=True),
    "k": Param(4, 1, 1000),
    "stock": Param(False),
    "weights": Param("distance", choices=("uniform", "distance")),
    "offset": Param(0.0),
}
MODELS = Registry(
    "model",
    (
        ModelSpec("svm-rbf", "svm", "s", build, ("pixels", "hog"), settings=SETTINGS, settings_for={"hog": {"C": 9.0}}),
        ModelSpec("svm-poly", "svm", "s", build, ("pixels",), settings=SETTINGS),
        ModelSpec("forest", "forest", "s", build, ("pixels",), stochastic=True),
    ),
)
CATALOG = Catalog(MODELS, FEATURES, DATASETS)


def keys(choice: Choice) -> list[str]:
    return [trial.key for trial in plan(choice, CATALOG, "digits", 1000)]


def test_all_models_run_on_their_own_features() -> None:
    assert keys(Choice()) == [
        *("svm-rbf@pixels-s0", "svm-rbf@hog-s0", "svm-poly@pixels-s0", "forest@pixels-s0"),
    ]


def test_globs_and_chosen_features() -> None:
    assert keys(Choice("svm*", "h?g")) == ["svm-rbf@hog-s0", "svm-poly@hog-s0"]


def test_a_row_is_named_as_the_tables_show_it() -> None:
    assert keys(Choice("svm-rbf@hog,forest")) == ["svm-rbf@hog-s0", "forest@pixels-s0"]
    assert keys(Choice("svm-*@h?g", "pixels")) == ["svm-rbf@hog-s0", "svm-poly@hog-s0"], "before --features"
    (trial,) = plan(Choice("svm-rbf[C=9,k=5]@hog"), CATALOG, "digits", 1000)
    assert trial.label == "svm-rbf[k=5]" and trial.features == "hog"
    for text in ("svm-rbf@", "@hog", "svm-rbf@hog[k=5]", "svm-rbf@hog@pixels"):
        with pytest.raises(BenchError, match="cannot be read"):
            plan(Choice(text), CATALOG, "digits", 1000)
    with pytest.raises(UnknownNameError):
        plan(Choice("svm-rbf@hok"), CATALOG, "digits", 1000)


def test_the_same_trial_named_twice_is_run_once() -> None:
    assert keys(Choice("forest,f*,forest")) == ["forest@pixels-s0"]


def test_settings_are_typed_as_their_defaults_and_defaults_are_dropped() -> None:
    (trial,) = plan(Choice("svm-poly[C=3,k=5,stock,weights=uniform]"), CATALOG, "digits", 9)
    assert trial == Trial(
        "svm-poly", "pixels", "digits", 0, None, {"C": 3.0, "k": 5, "stock": True, "weights": "uniform"}
    )
    assert keys(Choice("svm-poly[C=1,stock=false]")) == ["svm-poly@pixels-s0"]


def test_the_default_of_a_setting_depends_on_the_features() -> None:
    assert keys(Choice("svm-rbf[C=9]")) == ["svm-rbf[C=9.0]@pixels-s0", "svm-rbf@hog-s0"]


def test_seeds_are_for_models_with_chance_in_them_or_for_drawn_subsets() -> None:
    assert keys(Choice("svm-poly,forest", n_seeds=2)) == [
        *("svm-poly@pixels-s0", "forest@pixels-s0", "forest@pixels-s1"),
    ]
    assert keys(Choice("svm-poly", n_seeds=2, train_sizes=(10,))) == [
        "svm-poly@pixels-s0-n10",
        "svm-poly@pixels-s1-n10",
    ]


def test_all_images_are_no_subset() -> None:
    assert keys(Choice("svm-poly", train_sizes=(10, 1000))) == ["svm-poly@pixels-s0-n10", "svm-poly@pixels-s0"]


@pytest.mark.parametrize(
    "text", ["", ",", "svm-poly,", "svm-poly[C=1", "svm-poly]", "svm-poly[[C=1]]", "svm-poly[C=1]x"]
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(BenchError):
        keys(Choice(text))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("C=much", "svm-poly[C] should be a number from 1e-06 to 1000000.0, not much"),
        ("C=-1", "svm-poly[C] should be a number from 1e-06 to 1000000.0, not -1.0"),
        ("C=nan", "svm-poly[C] should be a number from 1e-06 to 1000000.0, not nan"),
        ("C=inf", "svm-poly[C] should be a number from 1e-06 to 1000000.0, not inf"),
        ("k=0", "svm-poly[k] should be a whole number from 1 to 1000, not 0"),
        ("k=1001", "svm-poly[k] should be a whole number from 1 to 1000, not 1001"),
        ("k=1.5", "svm-poly[k] should be a whole number from 1 to 1000, not 1.5"),
        ("stock=perhaps", "svm-poly[stock] should be true or false, not perhaps"),
        ("weights=banana", "svm-poly[weights] should be one of uniform, distance, not banana"),
        ("offset=nan", "svm-poly[offset] should be a number, not nan"),
        ("D=1", "svm-poly has no setting 'D'; it has: C, k, stock, weights, offset"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_with_those_that_are(given: str, message: str) -> None:
    with pytest.raises(BenchError) as error:
        keys(Choice(f"svm-poly[{given}]"))
    assert str(error.value) == message


def test_the_limits_are_allowed_and_a_setting_without_limits_takes_any_number() -> None:
    assert keys(Choice("svm-poly[k=1,offset=-1]")) == ["svm-poly[k=1,offset=-1.0]@pixels-s0"]
    assert keys(Choice("svm-poly[k=1000]")) == ["svm-poly[k=1000]@pixels-s0"]


def test_unknown_names_suggest_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean svm-poly"):
        keys(Choice("svm-pole"))
    with pytest.raises(UnknownNameError, match="there are: svm-rbf, svm-poly, forest"):
        keys(Choice("q"))


def test_a_name_given_twice_is_refused() -> None:
    with pytest.raises(DuplicateNameError, match="two models are named 'forest'"):
        MODELS.with_more([MODELS["forest"]])


STUDY = TunedSettings("mine", "svm-poly", "hog", "digits-validation", {"C": 3.0, "k": 5, "stock": False})


def test_a_row_has_the_settings_that_a_study_found() -> None:
    choice = Choice("svm-poly[tuned=mine]", "hog", tuned=(STUDY,))
    (trial,) = plan(choice, CATALOG, "digits", 9)
    assert trial.key == "svm-poly[tuned=mine]@hog-s0" and trial.tuned == "mine"
    assert trial.params["C"] == 3.0 and "stock" not in trial.params


@pytest.mark.parametrize(
    ("models", "features", "dataset"),
    [
        ("svm-poly[tuned=other]", "hog", "digits"),
        ("svm-rbf[tuned=mine]", "hog", "digits"),
        ("svm-poly[tuned=mine]", "pixels", "digits"),
        ("svm-poly[tuned=mine]", "hog", "mnist"),
    ],
)
def test_a_study_that_is_not_there_is_named(models: str, features: str, dataset: str) -> None:
    with pytest.raises(BenchError, match="has no finished study"):
        plan(Choice(models, features, tuned=(STUDY,)), CATALOG, dataset, 9)


def test_settings_of_a_study_that_are_no_longer_allowed_are_refused() -> None:
    old = replace(STUDY, settings={"C": 3.0, "degree": 9})
    with pytest.raises(BenchError, match=r"svm-poly\[degree\] is no setting any more; tune it again"):
        plan(Choice("svm-poly[tuned=mine]", "hog", tuned=(old,)), CATALOG, "digits", 9)


def test_a_study_cannot_be_mixed_with_other_settings() -> None:
    with pytest.raises(BenchError, match="no setting 'tuned'"):
        plan(Choice("svm-poly[tuned=mine,C=1]", "hog", tuned=(STUDY,)), CATALOG, "digits", 9)
