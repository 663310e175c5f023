from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.catalog import load_catalog
from benchmarks.choosing import GRIDS, Grid, as_markdown
from benchmarks.plan import Choice, plan
from tests.conftest import a_result


@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: f"{grid.model}@{grid.features}")
def test_every_grid_names_models_settings_and_pipelines_that_exist(grid: Grid) -> None:
    catalog = load_catalog()
    trials = plan(Choice(grid.names(), grid.features), catalog, "mnist-validation", 50_000)
    n_combinations = 1
    for values in grid.values.values():
        n_combinations *= len(values)
    assert len(trials) == n_combinations * len(grid.features.split(","))


def test_the_log_says_what_was_tried_best_first_by_its_real_settings() -> None:
    results = [
        replace(a_result("knn", accuracy), settings={"k": k, "stock": False})
        for accuracy, k in ((0.8, 1), (0.9, 4), (0.9, 4))
    ]
    heading, _, *lines = as_markdown(results).splitlines()[-4:]
    assert "validation accuracy" in heading
    assert ["k 4" in lines[0], "90.00%" in lines[0], "k 1" in lines[1], "stock" in lines[0]] == [
        True,
        True,
        True,
        False,
    ]
