"""The report of studies: what it shows, and what it does without."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from benchmarks.report.charts.studies import history_chart, slice_charts
from benchmarks.report.data.studies import read_studies
from benchmarks.report.text.table import warnings
from benchmarks.report.write import write_reports
from benchmarks.tuning.judging import judge
from benchmarks.tuning.run import run_study
from benchmarks.tuning.setup import Study, StudyOptions
from benchmarks.tuning.study import Attempt
from tests.benchmarks.tuning.fake_study import fake_study

OPTIONS = StudyOptions(trials=14, params=("C=0.01..100 log", "gamma=0.001..10 log"), only=("C", "gamma"))


@pytest.fixture
def study(tmp_path: Path) -> Study:
    study = fake_study(tmp_path, OPTIONS, fails=lambda settings: float(settings["C"]) > 30)
    run_study(study, threading.Event())
    judge(study)
    return study


def test_the_report_shows_each_study(study: Study) -> None:
    write_reports(study.session.store, {})
    page = (study.session.store.folder / "report.html").read_text()
    assert '<h2 id="studies">Studies</h2>' in page and 'id="study-svm-rbf-hog"' in page
    for shown in (
        "14 settings by tpe, seed 0",
        "C=0.01..100 log; gamma=0.001..10 log",
        "History: validation error of each setting tried",
        "validation error against gamma",
        "Importance: the share of each setting",
        "number 1 are the defaults",
        "14 settings tried",
    ):
        assert shown in page, shown
    assert page.count("failed: failed: the process was killed") == 0 < page.count("the process was killed by SIGSEGV")


def test_importance_finds_the_setting_that_matters(tmp_path: Path) -> None:
    options = StudyOptions(**{**vars(OPTIONS), "trials": 40, "sampler": "random"})
    study = fake_study(tmp_path, options, error=lambda settings, size: min(0.02 * float(settings["C"]), 0.9))
    run_study(study, threading.Event())
    (found,) = read_studies(study.session.store.folder).found
    assert next(iter(found.importance)) == "C" and found.importance["C"] > 2 * found.importance["gamma"]


def test_a_damaged_journal_is_named_and_the_report_is_written(study: Study) -> None:
    with study.journal.path.open("ab") as file:
        file.write(b"no line\n{}\n")
    findings = write_reports(study.session.store, {})
    assert any("studies/svm-rbf-hog.journal" in line for line in warnings(findings))
    page = (study.session.store.folder / "report.html").read_text()
    assert "svm-rbf-hog.journal is damaged" in page and 'id="study-svm-rbf-hog"' not in page


def test_without_optuna_the_report_says_what_is_missing(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    write_reports(study.session.store, {})
    page = (study.session.store.folder / "report.html").read_text()
    assert "1 of them cannot be shown: this needs optuna" in page


def test_a_run_without_studies_has_no_part_on_them(study: Study) -> None:
    study.journal.path.unlink()
    write_reports(study.session.store, {})
    assert "Studies</h2>" not in (study.session.store.folder / "report.html").read_text()


def test_charts_hold_every_value_and_the_best_so_far() -> None:
    attempts = [
        Attempt(0, {"k": 3, "weights": "uniform"}, "complete", (0.2,)),
        Attempt(1, {"k": 5, "weights": "distance"}, "failed"),
        Attempt(2, {"k": 7, "weights": "distance"}, "complete", (0.0,)),
        Attempt(3, {"k": 9, "weights": "uniform"}, "complete", (0.3,)),
    ]
    chart = history_chart(attempts, "error")
    assert chart and [(mark.x, mark.y) for mark in chart.marks] == [(1, 0.2), (3, 0.1), (4, 0.3)]
    assert chart.lines[0].points[-1] == (4, 0.1)
    k, weights = slice_charts(attempts, "error", ("k=1..9 log", "weights=uniform,distance"))
    assert k.x.log and [mark.x for mark in k.marks] == [3, 7, 9]
    assert [text for _, text in weights.x.ticks] == ["distance", "uniform"] and weights.marks[0].x == 1
    assert history_chart(attempts[1:2], "error") is None and slice_charts([], "error", ("k=1..9",)) == []
