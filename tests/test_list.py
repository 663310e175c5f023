"""``bench.py list``: what it shows, and what it does without."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import main
from models.registry import MODELS
from tests.conftest import ROOT, Bench

HEAVY = {
    *("numpy", "scipy", "sklearn", "sklearnex", "skimage", "xgboost", "keras", "tensorflow", "jax", "h5py", "joblib"),
    *("pandas", "pyarrow", "matplotlib", "PIL", "rich", "jinja2", "tabulate", "psutil", "msgspec"),
    *("requests", "urllib3", "importlib.metadata", "subprocess", "hashlib", "tempfile", "zipfile", "pickle", "asyncio"),
}
MOST_MODULES = 152  # beside those of an empty interpreter
PROBE = """
import sys
before = set(sys.modules)
sys.path.insert(0, {root!r})
import bench
try:
    code = bench.main({arguments!r})
except SystemExit as exit:
    code = exit.code
print(*(set(sys.modules) - before), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize("arguments", [["list"], ["list", "knn"], ["--help"], ["list", "--help"]])
def test_what_only_describes_imports_no_library(arguments: list[str], environment: dict[str, str]) -> None:
    probe = PROBE.format(root=str(ROOT), arguments=arguments)
    command = [sys.executable, "-c", probe]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    imported = set(done.stderr.split())
    assert "argparse" in imported and imported & HEAVY == set()
    assert len(imported) <= MOST_MODULES, len(imported)


def test_one_entry_is_shown_with_its_settings(bench: Bench) -> None:
    lines = bench("list", "svm-rbf").stdout.splitlines()
    assert lines[:5] == [
        "svm-rbf: SVM with a Gaussian kernel",
        "  family: svm",
        "  features: pixels, orientation-maps-pca",
        "  requires: sklearn",
        "  settings:",
    ]
    C, gamma, stock = lines[5:]
    assert "default 10.0, 5.0 on hog" in C
    assert "a number from 1e-06 to 1000000.0, log scale" in C
    assert "default 0.02, 0.04 on hog, 4.0 on orientation-maps" in gamma and gamma.endswith("Gaussian kernel")
    assert "true or false" in stock


def test_a_glob_a_pipeline_and_a_dataset_are_shown_too(bench: Bench) -> None:
    printed = bench("list", "orientation-maps*").stdout
    assert printed.count("signed orientations") == 1 and "requires: sklearn.decomposition" in printed
    assert "status: available locally (scikit-learn)" in bench("list", "digits").stdout
    assert "one of uniform, distance" in bench("list", "knn*").stdout


def test_programs_get_every_part_of_a_setting(bench: Bench) -> None:
    listing = json.loads(bench("list", "knn", "--json").stdout)
    assert [entry["name"] for entry in listing["models"]] == ["knn"]
    assert listing["features"] == listing["datasets"] == [] and "feature_cache" not in listing
    k = MODELS["knn"].settings["k"]
    assert listing["models"][0]["settings"]["k"] == {
        "default": k.default,
        "default_on": {},
        "low": k.low,
        "high": k.high,
        "log": k.log,
        "choices": [],
        "allowed": k.allowed,
        "help": k.help,
    }


def test_an_unknown_name_gets_the_nearest_of_any_kind(bench: Bench) -> None:
    for name, nearest in (("knnn", "knn"), ("desk", "deskew"), ("fashion-mnis", "fashion-mnist")):
        done = bench("list", name)
        assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1
        assert f"no model, feature pipeline or dataset is named '{name}'; did you mean" in done.stderr
        assert nearest in done.stderr


@pytest.mark.parametrize("model", ["knn[k=-3]", "knn[k=0]", "svm-rbf[C=nan]", "cnn-fast[schedule=banana]"])
def test_a_value_out_of_range_is_refused_before_data_is_fetched(bench: Bench, tmp_path: Path, model: str) -> None:
    done = bench("--models", model, "--dataset", "emnist-letters")
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1
    assert " should be " in done.stderr and (" from " in done.stderr or "one of" in done.stderr)
    assert list(tmp_path.glob("local")) == []


@pytest.mark.parametrize("arguments", [["list"], ["--help"]])
def test_output_that_cannot_be_written_is_one_line(arguments: list[str], environment: dict[str, str]) -> None:
    buffered = {name: value for name, value in environment.items() if name != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, str(ROOT / "bench.py"), *arguments],
            env=buffered,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert done.stderr == "bench.py: the output cannot be written (No space left on device)\n"


def test_digits_are_not_available_without_scikit_learn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert main(["list", "digits"]) == 0
    assert "status: needs sklearn; install with: pip install scikit-learn" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["--models", "kNN", "--dataset", "digits"], "knn"),
        (["--models", "knn", "--features", "HOG", "--dataset", "digits"], "hog"),
        (["--models", "knn", "--dataset", "MNIST"], "mnist"),
        (["list", "KNN"], "knn"),
    ],
)
def test_a_name_in_another_case_is_suggested(
    arguments: list[str], meant: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--results-dir", str(tmp_path)]) == 2
    assert f"did you mean {meant}?" in capsys.readouterr().err
