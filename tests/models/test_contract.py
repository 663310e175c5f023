"""The checks of every model of the registry, on tiny data and with the real libraries."""

from __future__ import annotations

import re
from functools import cache

import pytest

from benchmarks.catalog.catalog import load_catalog
from benchmarks.common.dependencies import missing_modules
from benchmarks.conformance.checks import Check
from benchmarks.conformance.models import MODEL_CHECKS, ModelCase
from benchmarks.conformance.tiny import N_CLASSES
from benchmarks.provenance.implementation import ImplementationWatch
from models.registry import MODELS
from models.spec import BuildContext, Setting, Unavailable

CATALOG = load_catalog()
# the checks do not depend on it
QUICKER: dict[str, dict[str, Setting]] = {
    "xgboost": {"rounds": 15, "rounds_a_stage": 5},
    "hist-gradient-boosting": {"rounds": 10},
    "ridge-random-features": {"components": 500},
}
A_FEW_STEPS: dict[str, Setting] = {"epochs": 10, "min_steps": 0, "batch": 32}
ONE_NETWORK = "mlp"  # all networks share one adapter, so one of them stands for it; the slow tests take them all
SLOW = {name for name, spec in MODELS.items() if "epochs" in spec.settings} - {ONE_NETWORK} | {
    "resnet50-random",
    "vgg16-random",
}
NAMES = [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in MODELS]
# five to thirteen seconds for a check that test_image_sizes.py makes of one size
LONG_FOR_SIZES = {
    *("vote", "svm-virtual", "hist-gradient-boosting", "ridge-random-features", "xgboost", "extra-trees"),
    *("vgg16-random", ONE_NETWORK),
}
# of the one network that is not among the slow tests: each trains it again, as test_keras_classifier.py does
TRAINED_AGAIN = ("refitting", "does not modify", "accepts a class", "same seed", "reports progress")


def is_slow(name: str, check: Check[ModelCase]) -> bool:
    again = name == ONE_NETWORK and check.name.startswith(TRAINED_AGAIN)
    return name in SLOW or again or (name in LONG_FOR_SIZES and check.name.startswith("accepts images of"))


CHECKS = [
    pytest.param(*(name, check), id=f"{name}-{check.name}", marks=[pytest.mark.slow] if is_slow(name, check) else [])
    for name in MODELS
    for check in MODEL_CHECKS
    if not check.info_only
]


@cache
def case_of(name: str) -> ModelCase:
    """Return the case of a model: one for all its checks, which share the fitted model."""
    spec = MODELS[name]
    if missing := missing_modules([*spec.requires, *CATALOG.features[spec.features[0]].requires]):
        pytest.skip(f"needs {missing}")
    changed = {**(A_FEW_STEPS if "epochs" in spec.settings else {}), **QUICKER.get(name, {})}
    return ModelCase(spec, CATALOG, changed)


@pytest.mark.parametrize(("name", "check"), CHECKS)
def test_every_model_passes_every_check(name: str, check: Check[ModelCase]) -> None:
    try:
        result = check.run(case_of(name))
    except Unavailable as missing:
        pytest.skip(str(missing))
    assert result.status != "failed", result.message


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # so few images
@pytest.mark.parametrize("name", NAMES)
def test_every_model_but_the_baseline_learns_from_a_few_images(name: str) -> None:
    case = case_of(name)
    try:
        accuracy = (case.predictions == case.data.test_labels).mean()
    except Unavailable as missing:
        pytest.skip(str(missing))
    assert (accuracy > 0.5) if name != "dummy" else (accuracy < 0.2), accuracy


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # so few images
@pytest.mark.parametrize("name", NAMES)
def test_every_model_names_the_library_that_does_its_work(name: str) -> None:
    try:
        model = case_of(name).fitted
    except Unavailable as missing:
        pytest.skip(str(missing))
    library = ImplementationWatch().library_of(model)
    assert re.fullmatch(r"\S+ \d+\.\d+.*", library), library


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_scikit_learn_says_something_of_every_estimator_of_its_kind(name: str) -> None:
    try:
        result = MODEL_CHECKS[-1].run(case_of(name))
    except Unavailable as missing:
        pytest.skip(str(missing))
    assert "checks pass" in result.message or "not a scikit-learn estimator" in result.message


def test_stock_is_scikit_learn_itself() -> None:
    spec = MODELS["knn"]
    model = spec.build(BuildContext(N_CLASSES, (8, 8), 0, settings={**spec.defaults_on("pixels"), "stock": True}))
    assert type(model.estimator_).__module__.startswith("sklearn.")  # type: ignore[attr-defined]
