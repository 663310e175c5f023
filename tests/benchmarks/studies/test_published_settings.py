from __future__ import annotations

import threading
from pathlib import Path

import pytest

from benchmarks.report.data.studies import Studies, read_studies
from benchmarks.studies.published_settings import LOG, STUDIES, TITLE, PublishedStudy, as_markdown
from benchmarks.tuning.judging import judge
from benchmarks.tuning.run import run_study
from benchmarks.tuning.search.sampling import check_sampler
from benchmarks.tuning.search.space import search_space
from models.registry import MODELS
from tests.benchmarks.tuning.fake_study import fake_study

# usual values, or those of another row
NOT_SEARCHED = {"dummy", "mlp", "cnn-ensemble"}


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.row)
def test_every_study_searches_around_the_defaults(study: PublishedStudy) -> None:
    model, _, features = study.row.partition("@")
    spec, options = MODELS[model], study.options
    space = search_space(spec, options.params, options.only)
    defaults = spec.defaults_on(features)
    assert features in spec.features and {one.name for one in space.dimensions} == set(options.only)
    assert space.edges({one.name: defaults[one.name] for one in space.dimensions}) == []
    check_sampler("tpe", space, 1)


def test_every_published_row_has_a_study_or_usual_values() -> None:
    rows = {
        f"{model.name}@{features}"
        for model in MODELS.values()
        for features in model.features
        if model.family not in ("transfer",) and model.name not in NOT_SEARCHED
    }
    searched = [study.row for study in STUDIES]
    assert len(searched) == len(set(searched)) and set(searched) == {row for row in rows if not _pretrained(row)}


def _pretrained(row: str) -> bool:
    return row.startswith(("vgg16", "resnet50"))


def test_the_table_says_for_each_row_how_many_settings_were_tried(tmp_path: Path) -> None:
    one = next(study for study in STUDIES if study.row == "svm-rbf@orientation-maps-pca")
    study = fake_study(tmp_path, one.options, row=one.row)
    run_study(study, threading.Event())
    judge(study)
    lines = as_markdown(read_studies(study.session.store.folder)).splitlines()
    (line,) = [line for line in lines if line.startswith("| svm-rbf@orientation-maps-pca ")]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[1:3] == ["16", "C=1..100 log; gamma=0.5..20 log"] and cells[4].endswith(" %")
    n_rows = sum(len(model.features) for model in MODELS.values())
    assert sum("the defaults are usual values" in line for line in lines) == n_rows - 1


def test_the_stored_table_is_that_of_the_stored_studies() -> None:
    if not LOG.exists():
        pytest.skip("the studies have not been run yet")
    assert LOG.read_text(encoding="utf-8") == as_markdown(read_studies(LOG.parent / "mnist-validation"))
    assert TITLE in as_markdown(Studies())
