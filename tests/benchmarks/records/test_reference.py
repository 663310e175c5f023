"""The published run: every figure follows from what is stored beside it."""

from __future__ import annotations

import csv
import hashlib
import html
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from benchmarks.datasets.sources.mnist import FILES
from benchmarks.records.store import ResultStore
from benchmarks.report.data.findings import read_findings
from benchmarks.report.data.summary import summarize
from benchmarks.report.text.table import as_csv, as_markdown
from models.registry import MODELS
from tests.conftest import ROOT

REFERENCE = ROOT / "results" / "reference" / "mnist"
LABELS = np.array(json.loads((REFERENCE / "dataset.json").read_text())["test_labels"], np.uint8)
with (REFERENCE / "leaderboard.csv").open(newline="") as file:
    ROWS = list(csv.DictReader(file))
MEASURED = [row for row in ROWS if row["status"] == "ok"]


def predictions(row: dict[str, str]) -> list[np.ndarray]:
    """Return what the model of a row predicted, for each of its seeds."""
    names = (f"{row['model']}@{row['features']}-s{seed}.npz" for seed in range(int(row["seeds"])))
    return [np.load(REFERENCE / "predictions" / name, allow_pickle=False)["y_pred"] for name in names]


def test_the_stored_labels_are_the_official_ones() -> None:
    header = b"\0\0\x08\x01" + struct.pack(">I", len(LABELS))
    assert hashlib.sha256(header + LABELS.tobytes()).hexdigest() == FILES[3].sha256


@pytest.mark.parametrize("row", MEASURED, ids=lambda row: f"{row['model']}@{row['features']}")
def test_every_score_follows_from_the_stored_predictions(row: dict[str, str]) -> None:
    predicted = predictions(row)
    assert float(row["accuracy"]) == pytest.approx(np.mean([(one == LABELS).mean() for one in predicted]), abs=1e-12)
    for name, score in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
        expected = np.mean([score(LABELS, one, average="macro", zero_division=0) for one in predicted])
        assert float(row[name]) == pytest.approx(expected, abs=1e-9)


def test_every_model_of_the_suite_is_there_on_each_of_its_features() -> None:
    expected = {(model.name, features) for model in MODELS.values() for features in model.features}
    there = {(row["model"], row["features"]) for row in ROWS}
    assert expected - there <= YET_TO_BE_MEASURED and there <= expected


def test_only_what_needs_weights_from_elsewhere_was_not_measured() -> None:
    for row in ROWS:
        if row not in MEASURED:
            assert row["status"] == "skipped" and "_notop.h5" in row["reason"]


def test_the_times_come_from_one_machine_and_the_run_is_small() -> None:
    records = [json.loads(path.read_text()) for path in (REFERENCE / "trials").glob("*.json")]
    assert len({record["environment"]["machine_id"] for record in records}) == 1
    tracked = [path for path in Path(REFERENCE).rglob("*") if path.is_file() and path.parent.name != "logs"]
    assert sum(path.stat().st_size for path in tracked) < 20 * 2**20


YET_TO_BE_MEASURED: set[tuple[str, str]] = set()  # new models, and their features

STALE = "is stale: run python bench.py report reference"


def test_the_reports_are_what_the_stored_trials_say() -> None:
    families = {name: spec.family for name, spec in MODELS.items()}
    findings = read_findings(ResultStore(ROOT / "results", "reference", "mnist"), families)
    for name, text in (("leaderboard.csv", as_csv(findings.board)), ("LEADERBOARD.md", as_markdown(findings))):
        assert (REFERENCE / name).read_text() == text, f"{name} {STALE}"
    page = html.unescape((REFERENCE / "report.html").read_text())
    # not the whole page, which changes with every detail of its looks
    assert all(sentence in page for sentence in summarize(findings.board)), f"report.html {STALE}"
    for row, _ in findings.rows():
        assert f'<details class="model" id="{row.model}@{row.features}"' in page, f"report.html {STALE}"
    assert len(page) < 5 * 2**20
