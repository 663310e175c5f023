"""``--models quick`` stands for the rows that fit MNIST within about ten seconds."""

from __future__ import annotations

import csv

import pytest

from benchmarks.catalog.catalog import load_catalog
from benchmarks.catalog.quick import LIMIT_S, ROWS
from benchmarks.catalog.selection import Choice, plan
from benchmarks.common.errors import BenchError
from features.naming import UnknownNameError
from tests.conftest import ROOT


def rows_of(models: str, features: str | None = None) -> list[tuple[str, str]]:
    trials = plan(Choice(models, features), load_catalog(), "mnist", 60_000)
    return [(trial.model, trial.features) for trial in trials]


def test_the_table_is_what_the_published_run_measured() -> None:
    with (ROOT / "results/reference/mnist/leaderboard.csv").open(newline="") as file:
        seconds = {
            (row["model"], row["features"]): float(row["features_s"]) + float(row["fit_s"])
            for row in csv.DictReader(file)
            if row["status"] == "ok" and row["model"] != "dummy"
        }
    assert {row for row, duration in seconds.items() if duration <= LIMIT_S} == set(ROWS)


def test_quick_stands_for_rows_and_not_for_every_pipeline_of_their_models() -> None:
    assert sorted(rows_of("quick")) == sorted(ROWS)
    assert rows_of("quick,quick,knn", "hog") == [("logistic", "hog"), ("knn", "hog")]


def test_settings_apply_to_each_row_or_are_refused() -> None:
    with pytest.raises(BenchError, match="has no setting 'k'"):
        rows_of("quick[k=3]")
    with pytest.raises(BenchError, match="none of these rows is on vgg16-imagenet"):
        rows_of("quick", "vgg16-imagenet")
    with pytest.raises(UnknownNameError):
        rows_of("quick*")
