from __future__ import annotations

from benchmarks.catalog.catalog import load_catalog
from benchmarks.catalog.descriptions import home_of
from benchmarks.provenance.fingerprint import inputs_of
from benchmarks.records.trial import Trial


def test_every_model_and_feature_of_the_suite_has_inputs() -> None:
    catalog = load_catalog()
    files = {home_of(pipeline.build) for pipeline in catalog.features.values()}
    for model in catalog.models.values():
        codes = {inputs_of(Trial(model.name, name, "digits"), catalog, "d").code for name in catalog.features}
        assert len(codes) == len(files)  # pipelines of one file share their code
    first = inputs_of(Trial("knn", "pixels", "digits"), catalog, "d")
    assert first == inputs_of(Trial("knn", "pixels", "digits", 3), catalog, "d")
    assert first.changed_since(inputs_of(Trial("knn", "pixels", "digits"), catalog, "e")) == ["data"]
    assert first.changed_since(inputs_of(Trial("logistic", "pixels", "digits"), catalog, "d"))[0] == "code"
