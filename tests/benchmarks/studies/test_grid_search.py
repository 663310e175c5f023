from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

import pytest

from benchmarks.catalog.catalog import load_catalog
from benchmarks.catalog.selection import Choice, plan
from benchmarks.studies.grid_search import GRIDS, LOG, TITLE, Grid, as_markdown
from models.registry import MODELS
from tests.conftest import a_result


@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: f"{grid.model}@{grid.features}")
def test_every_grid_names_models_settings_and_pipelines_that_exist(grid: Grid) -> None:
    catalog = load_catalog()
    trials = plan(Choice(",".join(grid.names()), grid.features), catalog, "mnist-validation", 50_000)
    n_combinations = 1
    for values in grid.values.values():
        n_combinations *= len(values)
    assert len(trials) == n_combinations * len(grid.features.split(","))


def test_the_table_lists_the_settings_best_first() -> None:
    results = [
        replace(a_result("knn", accuracy), settings={"k": k, "stock": False})
        for accuracy, k in ((0.8, 1), (0.9, 4), (0.9, 4))
    ]
    heading, _, *lines = as_markdown(results).splitlines()[-4:]
    assert "validation accuracy" in heading
    assert "k 4" in lines[0] and "90.00%" in lines[0] and "k 1" in lines[1] and "stock" not in lines[0]


def test_a_model_that_was_replaced_is_marked() -> None:
    now = replace(a_result("knn", 0.9), settings=MODELS["knn"].defaults_on("pixels"))
    before = replace(a_result("knn", 0.8), settings={"leaves": 3})
    first, second = as_markdown([now, before]).splitlines()[-2:]
    assert "| default |" in first and "| earlier |" in second


def test_the_defaults_are_among_the_best() -> None:
    tried = defaultdict(list)
    for line in LOG.read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) == 7 and cells[4].endswith("%") and cells[3] != "earlier":
            tried[cells[0], cells[1]].append((cells[3] == "default", Decimal(cells[4][:-1])))
    chosen = {row: dict(trials)[True] for row, trials in tried.items() if dict(trials).get(True)}
    assert len(chosen) > 15
    for row, trials in tried.items():
        assert row not in chosen or max(accuracy for _, accuracy in trials) - chosen[row] <= Decimal("0.1"), row


def test_the_published_table_has_the_text_of_the_script() -> None:
    assert TITLE in LOG.read_text(encoding="utf-8")
