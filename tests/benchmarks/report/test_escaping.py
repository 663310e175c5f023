"""Names and reasons that are markup, formulas or commands somewhere are shown as they are."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.common.errors import LONGEST_REASON, one_line
from benchmarks.datasets.preprocessing.audit import audit
from benchmarks.datasets.spec import Images, Split
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import Inputs
from benchmarks.report.charts.figures import content, of_images
from benchmarks.report.files import write_files
from benchmarks.report.text.escaping import as_code, in_csv, in_markdown
from benchmarks.report.write import write_reports
from tests.conftest import a_result, predictions_of

HOSTILE = (
    "=1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "-x",
    "![x](http://a.b/c)",
    "<img src=x onerror=alert(1)>",
    "a|b`c`**d**",
    "\\input{x}%$\\alpha_{$",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_a_text_as_it_is(text: str) -> None:
    escaped = in_markdown(text)
    assert not re.search(r"(?<!\\)(\\\\)*([`*<|]|\][(\[:])", escaped)
    assert re.sub(r"\\(.)", r"\1", escaped.replace("\\\\", "\\\\")) == text
    assert as_code(text).count("`") == 2 and not re.search(r"(?<!\\)\|", as_code(text))


@pytest.mark.parametrize(
    ("cell", "expected"), [("-0.5", "-0.5"), ("+1e3", "+1e3"), ("knn", "knn"), ("=1", "'=1"), ("-x", "'-x"), ("", "")]
)
def test_csv_holds_numbers_and_no_formulas(cell: str, expected: str) -> None:
    assert in_csv(cell) == expected


@pytest.mark.parametrize("text", ["a\nb\x00\x1b[31m\u202ec\u2028d", "x" * 30_000_000, "", "\ud800"])
def test_a_reason_is_one_short_line(text: str) -> None:
    line = one_line(text)
    assert len(line) <= LONGEST_REASON and line.isprintable()


def test_hostile_names_and_reasons_are_text_in_every_report(tmp_path: Path) -> None:
    store = ResultStore(tmp_path, "local", "digits")
    split = Split(np.zeros((10, 8, 8), np.uint8), np.zeros(10, np.int64))
    images = Images(split, split, split, ("0", "1"))
    found = audit(images)
    store.save_dataset(images, found)
    for i, name in enumerate(HOSTILE):
        result = replace(a_result(name), inputs=Inputs("c", found.data_hash, "v", "m"), n_train=20, image_shape=(8, 8))
        store.save(result, predictions_of(result))
        failed = replace(a_result(f"{name} failed", status="failed"), reason=name, inputs=result.inputs)
        store.save(failed, None)
        assert store.load(result.trial.key) and store.load(failed.trial.key), i
    findings = write_reports(store, {}, images)
    write_files(findings, None, store.folder, ("latex", "csv", "svg"))
    with (store.folder / "leaderboard.csv").open(newline="") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    assert {f"'{name}" for name in HOSTILE[:3]} <= set(cells) and not set(HOSTILE[:3]) & set(cells)
    page, markdown = (store.folder / "report.html").read_text(), (store.folder / "LEADERBOARD.md").read_text()
    assert "<img src=x" not in page and "onerror" in page
    for name in HOSTILE:
        markdown = markdown.replace(as_code(f"{name} failed"), "")
    assert "x](http" not in markdown and not re.search(r"(?<!\\)<img", markdown)
    tex = (store.folder / "tables" / "leaderboard.tex").read_text()
    assert "\\input{x}" not in tex and "\\textbackslash{}input" in tex


def test_dollar_signs_are_no_formula_in_a_figure() -> None:
    assert content(of_images([("$\\nonsense{$", np.zeros((4, 4), np.uint8))]), "svg")
