from __future__ import annotations

import pytest

from benchmarks.catalog.catalog import Catalog
from benchmarks.catalog.selection import Choice, plan
from benchmarks.common.errors import BenchError
from benchmarks.datasets.registry import DATASETS
from benchmarks.records.trial import Trial
from features.naming import DuplicateNameError, Registry, UnknownNameError
from features.registry import FEATURES
from models.spec import BuildContext, Estimator, ModelSpec, Setting


def build(context: BuildContext) -> Estimator:
    raise AssertionError("a plan builds nothing")


SETTINGS: dict[str, Setting] = {"C": 1.0, "k": 4, "stock": False, "weights": "distance"}
MODELS = Registry(
    "model",
    (
        ModelSpec("svm-rbf", "svm", "", build, ("pixels", "hog"), settings=SETTINGS, settings_for={"hog": {"C": 9.0}}),
        ModelSpec("svm-poly", "svm", "", build, ("pixels",), settings=SETTINGS),
        ModelSpec("forest", "forest", "", build, ("pixels",), stochastic=True),
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


@pytest.mark.parametrize("text", ["svm-poly[C=much]", "svm-poly[k=1.5]", "svm-poly[stock=perhaps]", "svm-poly[D=1]"])
def test_a_wrong_setting_is_refused(text: str) -> None:
    with pytest.raises(BenchError):
        keys(Choice(text))


@pytest.mark.parametrize("text", ["svm-rbf[C=-1]", "svm-rbf[k=-3]", "svm-rbf[C=nan]", "svm-rbf[C=inf]"])
def test_numbers_that_no_model_of_the_suite_can_use_are_refused(text: str) -> None:
    with pytest.raises(BenchError, match="should be a number of 0 or more, not"):
        keys(Choice(text))


def test_zero_is_left_to_the_model_and_any_number_to_a_plug_in() -> None:
    assert keys(Choice("svm-rbf[C=0]", "hog")) == ["svm-rbf[C=0.0]@hog-s0"]
    assert keys(Choice("svm-poly[k=-1]")) == ["svm-poly[k=-1]@pixels-s0"]


def test_unknown_names_suggest_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean svm-poly"):
        keys(Choice("svm-pole"))
    with pytest.raises(UnknownNameError, match="there are: svm-rbf, svm-poly, forest"):
        keys(Choice("q"))


def test_a_name_given_twice_is_refused() -> None:
    with pytest.raises(DuplicateNameError, match="two models are named 'forest'"):
        MODELS.with_more([MODELS["forest"]])
