"""The commands and code of the README and docs/add-a-model.md run as written, and so does the notebook."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image
from sklearn.datasets import load_digits

from benchmarks.catalog.catalog import load_catalog
from benchmarks.catalog.plugins import GROUPS
from benchmarks.common.dependencies import missing_modules
from benchmarks.conformance.models import MODEL_CHECKS, ModelCase
from features.pretrained.backend import REQUIRES
from tests.cli_helpers import leaderboard
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
ADD_A_MODEL = (ROOT / "docs/add-a-model.md").read_text(encoding="utf-8")
EXPORT = (ROOT / "docs/export.md").read_text(encoding="utf-8")
PYTHON_API = (ROOT / "docs/python-api.md").read_text(encoding="utf-8")
NOTEBOOK = ROOT / "docs/results-as-data-frames.ipynb"
CODE = ("bench.py", "benchmarks", "models", "features")
SET_UP = ["make setup", "source .venv/bin/activate"]  # CI has done both before it runs these tests


def blocks(language: str, text: str = ADD_A_MODEL) -> list[str]:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return found


@pytest.fixture
def clone(tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the code, with this Python first on the path."""
    folder = tmp_path / "clone"
    folder.mkdir()
    for name in CODE:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    path = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    for name, value in {**environment, "PATH": path}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    return folder


def run(commands: list[str], exit_codes: tuple[int, ...] = (0,)) -> str:
    outputs = []
    for command in commands:
        done = subprocess.run(shlex.split(command, comments=True), capture_output=True, text=True, timeout=240)
        assert done.returncode in exit_codes, command + done.stdout + done.stderr
        outputs.append(done.stdout)
    return "".join(outputs)


def write_digit(path: Path, index: int) -> None:
    """Write a digit of scikit-learn as a dark-on-light image."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.uint8(255 - load_digits().images[index] * 15)).resize((70, 70)).save(path)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_commands_of_the_readme_run_as_written(clone: Path) -> None:
    (clone / "my_model.py").write_text(blocks("python", README)[0])
    for name, index in (("one.png", 1), ("two.jpg", 12), ("number.png", 1), ("photos/2.jpg", 2)):
        write_digit(clone / name, index)
    for label in range(3):
        for index in np.flatnonzero(load_digits().target == label)[:20]:
            write_digit(clone / "my_images" / str(label) / f"{index}.png", index)
    commands = [
        line
        for block in blocks("sh", README.partition("## Use")[2])
        for line in block.splitlines()
        if not line.startswith("pip ") and " serve" not in line  # which would go on for ever
    ]
    assert len(commands) > 12
    for command in commands:
        # the times of two runs may differ by more than noise
        run([command], exit_codes=(0, 1) if command.startswith("python bench.py compare local new") else (0,))
    assert {"my-model@pixels", "svm-rbf@hog"} <= set(leaderboard(clone / "results"))
    assert "knn@hog" in leaderboard(clone / "results", "my_images")


@pytest.mark.slow
def test_add_a_model_gives_a_row_in_five_commands_and_predictions_in_two_more(clone: Path) -> None:
    start, predict, _ = (block.splitlines() for block in blocks("sh"))
    assert len(start) <= 5 and start[:2] == SET_UP
    assert "✗" not in run(start[2:])
    rows = leaderboard(clone / "results")
    assert {name for name, row in rows.items() if row["status"] == "ok"} >= {"my-model@pixels", "my-model@hog"}
    for name, index in (("one.png", 1), ("two.jpg", 12)):
        write_digit(clone / name, index)
    output = run(predict)
    assert re.search(r"^one\.png: \d  \(\d \d+\.\d%, ", output, re.MULTILINE) and '"label"' in output


@pytest.mark.slow
def test_the_features_of_the_guide_run_as_written(clone: Path) -> None:
    *_, features = blocks("python")
    (clone / "my_features.py").write_text(features)
    output = run(blocks("sh")[2].splitlines())
    assert "✗" not in output and leaderboard(clone / "results")["knn@profiles"]["status"] == "ok"


def export_commands() -> list[str]:
    """Return the commands of docs/export.md; the server would go on for ever."""
    found: list[str] = re.findall(r"^    (python bench\.py .*)$", EXPORT, re.MULTILINE)
    return [command for command in found if " serve " not in command]


@pytest.mark.slow
def test_a_model_is_exported_as_the_guide_says(clone: Path) -> None:
    if missing := missing_modules(("onnx", "onnxruntime", "skl2onnx", "onnxmltools", "tf2onnx")):
        pytest.skip(f"needs {missing}")
    output = run(export_commands()[:2])
    assert "all labels are equal" in output and all((clone / f"logistic.{kind}").is_file() for kind in ("onnx", "md"))


@pytest.mark.slow
def test_a_network_is_exported_in_eight_bits_as_the_guide_says(clone: Path) -> None:
    if missing := missing_modules((*REQUIRES, "onnx", "onnxruntime", "tf2onnx")):
        pytest.skip(f"needs {missing}")
    assert "int8.onnx: " in run(export_commands()[2:])


def test_the_model_of_the_guide_passes_every_check(tmp_path: Path) -> None:
    (tmp_path / "bayes.py").write_text(blocks("python")[0])
    catalog = load_catalog([tmp_path / "bayes.py"])
    case = ModelCase(catalog.models["bayes"], catalog)
    assert [result for check in MODEL_CHECKS if (result := check.run(case)).status == "failed"] == []


def test_the_network_of_the_guide_learns(tmp_path: Path) -> None:
    if missing := missing_modules(REQUIRES):
        pytest.skip(f"needs {missing}")
    (tmp_path / "convolution.py").write_text(blocks("python")[1])
    catalog = load_catalog([tmp_path / "convolution.py"])
    case = ModelCase(catalog.models["one-convolution"], catalog, {"batch": 16})
    assert (case.predictions == case.data.test_labels).mean() > 0.5


@pytest.mark.slow
def test_the_python_api_of_the_guide_runs_as_written(clone: Path) -> None:
    shutil.copytree(ROOT / "results" / "reference", clone / "results" / "reference")
    code = "\n".join(blocks("python", PYTHON_API))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=240, cwd=clone)
    assert done.returncode == 0, done.stderr
    assert "accuracy" in done.stdout and done.stderr == ""
    assert {"knn@pixels", "logistic@pixels"} <= set(leaderboard(clone / "results"))


def test_the_entry_point_of_the_guide_exists() -> None:
    (text,) = blocks("toml")
    assert set(tomllib.loads(text)["project"]["entry-points"]) <= set(GROUPS)
    assert all(group in ADD_A_MODEL for group in GROUPS)


@pytest.mark.slow
def test_the_notebook_runs_in_a_kernel_and_shows_a_progress_bar(clone: Path) -> None:
    shutil.copytree(ROOT / "results" / "reference", clone / "results" / "reference")
    (clone / "docs").mkdir()
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(clone / "docs")}}).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert not [output for output in shown if output.output_type in ("error", "stream")]
    pages = [output.data.get("text/html", "") for output in shown if "data" in output]
    assert any('<progress max="2" value="2">' in page and "2 of 2 trials" in page for page in pages)
    assert sum("dataframe" in page for page in pages) >= 4
    assert {"dummy@pixels", "knn@pixels"} <= set(leaderboard(clone / "results", "digits", "notebook"))
