"""Each deliberately wrong model, pipeline or dataset fails exactly the check for its error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.catalog.catalog import Catalog, load_catalog
from benchmarks.conformance.checks import Check, CheckResult
from benchmarks.conformance.datasets import DATASET_CHECKS, DatasetCase
from benchmarks.conformance.features import FEATURE_CHECKS, FeatureCase
from benchmarks.conformance.models import MODEL_CHECKS, ModelCase
from benchmarks.datasets.spec import DataPlaces, Dataset, Images, Split
from features.spec import FeaturePipeline
from models.spec import ModelSpec, Param
from tests.conftest import ROOT

NOWHERE = DataPlaces((), Path("/dev/null/cache"))  # where nothing can be written


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    plugins = ROOT / "tests/plugins"
    return load_catalog(
        [plugins / "failing_models.py", plugins / "failing_features.py", plugins / "example_dataset.py"]
    )


def failures(checks: tuple[Check[Any], ...], case: Any) -> dict[str, CheckResult]:
    return {result.name: result for check in checks if (result := check.run(case)).status == "failed"}


@pytest.mark.parametrize(
    ("name", "check", "message"),
    [
        ("unsteady", "same seed gives the same predictions", "predicts other labels for"),
        ("remembers", "refitting discards the previous fit", "fitted on other data before"),
        ("scribbles", "does not modify its input", "read-only"),
        ("startled", "predicts training images and others in one batch", "with training images in the batch"),
        ("only-many", "predicts a single image", "shape () for 1 images"),
        ("one-size-only", "accepts images of 8×8 and 32×20", "images of 8×8: ValueError"),
        ("every-class-only", "accepts a class missing from the training set", "IndexError"),
        ("overconfident", "probabilities are valid", "sum to 1"),
        ("backwards", "probabilities are valid", "for only 0 of 100 images"),
        ("cannot-pickle", "can be saved and loaded", "lambda"),
        ("counts-from-zero", "reports progress", "counted from 1"),
    ],
)
def test_each_failing_model_fails_its_check(catalog: Catalog, name: str, check: str, message: str) -> None:
    found = failures(MODEL_CHECKS, ModelCase(catalog.models[name], catalog))
    assert message in found.pop(check).message
    others = {
        "unsteady": "refitting discards the previous fit",
        "overconfident": "accepts a class missing from the training set",
    }
    assert set(found) <= {others.get(name)}


@pytest.mark.parametrize("name", ["careful", "saves-itself", "tells-progress"])
def test_a_correct_model_fails_none(catalog: Catalog, name: str) -> None:
    assert failures(MODEL_CHECKS, ModelCase(catalog.models[name], catalog)) == {}


def test_the_message_names_the_failing_line_of_the_model(catalog: Catalog) -> None:
    found = failures(MODEL_CHECKS, ModelCase(catalog.models["every-class-only"], catalog))
    assert "(failing_models.py, line " in found["accepts a class missing from the training set"].message


@pytest.mark.parametrize(
    ("name", "check", "message"),
    [
        ("forgets-self", "fits", "return self"),
        ("doubles", "returns one row of finite float32 per image", "float64"),
        ("divides-by-ink", "accepts blank images", "NaN or infinite"),
        ("whole-batch", "computes each row from its image alone", "depends on the other images"),
        ("shuffled", "is deterministic", "different features"),
        ("blind", "distinguishes different images", "give 1 distinct rows"),
        ("scales-in-place", "does not modify its input", "read-only"),
        ("not-without-images", "accepts zero images, and one", "ValueError"),
    ],
)
def test_each_failing_pipeline_fails_its_check(catalog: Catalog, name: str, check: str, message: str) -> None:
    assert message in failures(FEATURE_CHECKS, FeatureCase(catalog.features[name], catalog))[check].message


def stripes(**changed: Any) -> Dataset:
    """Return a valid dataset of two classes, with some of its parts replaced."""
    images = np.zeros((4, 6, 6), np.uint8)
    images[::2, 2], images[1::2, :, 2] = 255, 255
    split = Split(images, np.array([0, 1, 0, 1]))
    parts = {"train": split, "validation": split, "test": split, "class_names": ("lying", "standing"), **changed}
    return Dataset("stripes", "stripes", lambda places: Images(**parts), lambda places: None)


WHITE = Split(255 - stripes().load(NOWHERE).train.images, np.array([0, 1, 0, 1]))
ONE_CLASS = Split(WHITE.images, np.zeros(4, np.int64))


@pytest.mark.parametrize(
    ("changed", "check", "message"),
    [
        ({"train": WHITE}, "is light on dark", "0 must be the background"),
        ({"train": ONE_CLASS}, "has every class in the training set", "no training image of standing"),
        ({"test": Split(WHITE.images.astype("float64"), WHITE.labels)}, "has grey images of one size", "float64"),
        ({"test": Split(WHITE.images[:, 1:], WHITE.labels)}, "has grey images of one size", "differ in image size"),
        ({"test": Split(WHITE.images, WHITE.labels + 1)}, "has a valid label for each image", "labels of 1 to 2"),
        ({"test": Split(WHITE.images, WHITE.labels[:3])}, "has a valid label for each image", "shape (3,)"),
        ({"class_names": ("a", "a")}, "has a valid label for each image", "distinct strings"),
    ],
)
def test_each_failing_dataset_fails_its_check(
    catalog: Catalog, changed: dict[str, Any], check: str, message: str
) -> None:
    assert message in failures(DATASET_CHECKS, DatasetCase(stripes(**changed), catalog, NOWHERE))[check].message


def test_valid_datasets_fail_none(catalog: Catalog) -> None:
    for spec in (stripes(), catalog.datasets["digits"], catalog.datasets["stripes"]):
        assert failures(DATASET_CHECKS, DatasetCase(spec, catalog, NOWHERE)) == {}


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"name": "my model"}, "a name is letters"),
        ({"summary": ""}, "one line of text"),
        ({"family": 3}, "family should be a word"),
        ({"build": None}, "build is no function"),
        ({"features": "pixels"}, "features should be a tuple"),
        ({"features": ("pixel",)}, "no feature pipeline is named 'pixel'"),
        ({"requires": "sklearn"}, "requires should be a tuple"),
        ({"settings": 3}, "settings should be a mapping of names to Params"),
        ({"settings": {"depth": 3}}, "setting 'depth' should be a Param: write Param(3), imported from models.spec"),
        ({"settings": {"depths": Param([1, 2])}}, "setting 'depths' should have a number, true, false or text"),  # type: ignore[arg-type]
        ({"settings": {"C": Param(0.0, 1.0, 2.0)}}, "setting 'C' should be a number from 1.0 to 2.0, not 0.0"),
        ({"settings": {"C": Param(1.0, 2.0, 1.0)}}, "setting 'C' has a range from 2.0 to 1.0, which is empty"),
        ({"settings": {"C": Param(1.0, 0.0, log=True)}}, "setting 'C' should have a low above 0"),
        ({"settings": {"C": Param(1.0, "0")}}, "setting 'C' should have numbers for low and high"),  # type: ignore[arg-type]
        ({"settings": {"C": Param(1.0, help="a\nb")}}, "setting 'C' should have one line of text as its help"),
        ({"settings": {"w": Param("a", choices=("b", "c"))}}, "setting 'w' should be one of b, c, not a"),
        ({"settings": {"k": Param(3, 1)}, "settings_for": {"hog": {"k": 0}}}, "setting 'k' on 'hog' should be a whole"),
        ({"settings_for": {"hog": {"C": 1}}}, "setting 'C' on 'hog' is not among its settings"),
        ({"settings_for": {"dog": {}}}, "no feature pipeline is named 'dog'"),
    ],
)
def test_faults_of_a_spec_are_named(catalog: Catalog, changed: dict[str, Any], fault: str) -> None:
    valid = {"name": "m", "family": "f", "summary": "s", "build": print, "features": ("pixels",)}
    assert catalog.faults_of(ModelSpec(**valid)) == []  # type: ignore[arg-type]
    assert any(fault in found for found in catalog.faults_of(ModelSpec(**{**valid, **changed})))


def test_faults_of_pipelines_and_datasets_are_named_too(catalog: Catalog) -> None:
    assert "build is no function" in catalog.faults_of(FeaturePipeline("p", "s", None))[0]  # type: ignore[arg-type]
    assert "location is no function" in catalog.faults_of(Dataset("d", "s", print, None))[0]  # type: ignore[arg-type]
