"""A check finds what it is there for: each careless model breaks its own promise and keeps the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.catalog.catalog import Catalog, load_catalog
from benchmarks.conformance.checks import Check, Verdict
from benchmarks.conformance.datasets import DATASET_CHECKS, DatasetCase
from benchmarks.conformance.features import FEATURE_CHECKS, FeatureCase
from benchmarks.conformance.models import MODEL_CHECKS, ModelCase
from benchmarks.datasets.spec import DataPlaces, Dataset, Images, Split
from features.spec import FeaturePipeline
from models.spec import ModelSpec, Param
from tests.conftest import ROOT

NOWHERE = DataPlaces((), Path("nowhere"))


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    plugins = ROOT / "tests/plugins"
    return load_catalog([plugins / "careless.py", plugins / "careless_features.py", plugins / "own_dataset.py"])


def broken(checks: tuple[Check[Any], ...], case: Any) -> dict[str, Verdict]:
    return {verdict.promise: verdict for check in checks if (verdict := check.of(case)).kept == "broken"}


@pytest.mark.parametrize(
    ("name", "promise", "how"),
    [
        ("unsteady", "same seed, same answer", "gives other labels to"),
        ("remembers", "survives being fitted again", "had learnt something else before"),
        ("scribbles", "writes into nothing it is given", "read-only"),
        ("startled", "takes images that it has learnt, beside others", "asked about learnt images too, gives other"),
        ("only-many", "takes a single image", "shape () for 1 images"),
        ("one-size-only", "takes images of 8×8 and 32×20 as of 28×28", "images of 8×8: ValueError"),
        ("every-class-only", "tolerates a class that is missing from train", "IndexError"),
        ("overconfident", "its probabilities are probabilities", "sum to 1"),
        ("backwards", "its probabilities are probabilities", "for 0 of 100 images"),
        ("cannot-pickle", "can be kept in a file", "lambda"),
        ("counts-from-zero", "tells its progress", "counted from 1"),
    ],
)
def test_each_careless_model_breaks_its_promise(catalog: Catalog, name: str, promise: str, how: str) -> None:
    found = broken(MODEL_CHECKS, ModelCase(catalog.models[name], catalog))
    assert how in found.pop(promise).remark
    others = {
        "unsteady": "survives being fitted again",
        "overconfident": "tolerates a class that is missing from train",
    }
    assert set(found) <= {others.get(name)}


@pytest.mark.parametrize("name", ["careful", "saves-itself", "tells-progress"])
def test_a_careful_model_breaks_none(catalog: Catalog, name: str) -> None:
    assert broken(MODEL_CHECKS, ModelCase(catalog.models[name], catalog)) == {}


def test_a_remark_says_which_line_of_the_model_failed(catalog: Catalog) -> None:
    found = broken(MODEL_CHECKS, ModelCase(catalog.models["every-class-only"], catalog))
    assert "(careless.py, line " in found["tolerates a class that is missing from train"].remark


@pytest.mark.parametrize(
    ("name", "promise", "how"),
    [
        ("forgets-self", "fits", "return self"),
        ("doubles", "gives one row of finite float32 for each image", "float64"),
        ("divides-by-ink", "takes images without ink", "NaN or infinite"),
        ("whole-batch", "makes each row of its own image alone", "among other images"),
        ("shuffled", "same images, same features", "other features"),
        ("blind", "tells different images apart", "give 1 different rows"),
        ("scales-in-place", "writes into nothing it is given", "read-only"),
        ("not-without-images", "takes no image, and a single one", "ValueError"),
    ],
)
def test_each_careless_pipeline_breaks_its_promise(catalog: Catalog, name: str, promise: str, how: str) -> None:
    assert how in broken(FEATURE_CHECKS, FeatureCase(catalog.features[name], catalog))[promise].remark


def stripes(**changed: Any) -> Dataset:
    """Return a sound dataset of two classes, with some of its parts changed."""
    images = np.zeros((4, 6, 6), np.uint8)
    images[::2, 2], images[1::2, :, 2] = 255, 255
    split = Split(images, np.array([0, 1, 0, 1]))
    parts = {"train": split, "validation": split, "test": split, "class_names": ("lying", "standing"), **changed}
    return Dataset("stripes", "stripes", lambda places: Images(**parts), lambda places: None)


WHITE = Split(255 - stripes().load(NOWHERE).train.images, np.array([0, 1, 0, 1]))
ONE_CLASS = Split(WHITE.images, np.zeros(4, np.int64))


@pytest.mark.parametrize(
    ("changed", "promise", "how"),
    [
        ({"train": WHITE}, "shows bright ink on a dark ground", "0 is the background"),
        ({"train": ONE_CLASS}, "shows every class in train", "no training image of standing"),
        ({"test": Split(WHITE.images.astype("float64"), WHITE.labels)}, "holds grey images of one size", "float64"),
        ({"test": Split(WHITE.images[:, 1:], WHITE.labels)}, "holds grey images of one size", "differ in the size"),
        ({"test": Split(WHITE.images, WHITE.labels + 1)}, "holds a known label for each image", "labels of 1 to 2"),
        ({"test": Split(WHITE.images, WHITE.labels[:3])}, "holds a known label for each image", "shape (3,)"),
        ({"class_names": ("a", "a")}, "holds a known label for each image", "different texts"),
    ],
)
def test_each_careless_dataset_breaks_its_promise(
    catalog: Catalog, changed: dict[str, Any], promise: str, how: str
) -> None:
    assert how in broken(DATASET_CHECKS, DatasetCase(stripes(**changed), catalog, NOWHERE))[promise].remark


def test_sound_datasets_break_none(catalog: Catalog) -> None:
    for spec in (stripes(), catalog.datasets["digits"], catalog.datasets["stripes"]):
        assert broken(DATASET_CHECKS, DatasetCase(spec, catalog, NOWHERE)) == {}


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
    sound = {"name": "m", "family": "f", "summary": "s", "build": print, "features": ("pixels",)}
    assert catalog.faults_of(ModelSpec(**sound)) == []  # type: ignore[arg-type]
    assert any(fault in found for found in catalog.faults_of(ModelSpec(**{**sound, **changed})))


def test_faults_of_pipelines_and_datasets_are_named_too(catalog: Catalog) -> None:
    assert "build is no function" in catalog.faults_of(FeaturePipeline("p", "s", None))[0]  # type: ignore[arg-type]
    assert "at_hand is no function" in catalog.faults_of(Dataset("d", "s", print, None))[0]  # type: ignore[arg-type]
