"""``bench.py new-model``: the file that one starts from."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import main
from benchmarks.catalog.catalog import load_catalog
from benchmarks.catalog.new_model import TEMPLATE
from benchmarks.conformance.models import MODEL_CHECKS, ModelCase


def test_the_template_passes_every_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new-model", "My_Model.py"]) == 0
    assert Path("My_Model.py").read_text() == TEMPLATE.read_text()
    catalog = load_catalog([Path("My_Model.py")])
    case = ModelCase(catalog.models["my-model"], catalog)
    results = [check.run(case) for check in MODEL_CHECKS if not check.info_only]
    assert {result.status for result in results} == {"passed"}, results
    assert (case.predictions == case.data.test_labels).mean() > 0.9


def test_the_model_is_named_after_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new-model", "Deep Forest 2.py"]) == 0
    assert "check 'Deep Forest 2.py'" in capsys.readouterr().out
    assert "deep-forest-2" in load_catalog([Path("Deep Forest 2.py")]).models


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("there.py", "is there already, and is left as it is"),
        ("knn.py", "a model named 'knn' already"),
        ("model.txt", "should be the name of a Python file"),
        ("---.py", "should be the name of a Python file"),
        ("nowhere/model.py", "No such file or directory"),
    ],
)
def test_bad_names_get_one_clear_line_and_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.py").write_text("mine")
    assert main(["new-model", "--", name]) == 2
    output = capsys.readouterr()
    assert message in output.err and output.err.count("\n") == 1
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]
