"""Models, features and datasets of packages that are installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli_helpers import leaderboard
from tests.conftest import ROOT, Bench

METADATA = "Metadata-Version: 2.1\nName: tiny-digits\nVersion: 0.1\n"
OWN = ROOT / "tests" / "plugins"


def install(folder: Path, entry_points: str, **modules: str) -> None:
    """Lay out a distribution as installers do: its package, and its metadata beside it."""
    package, about = folder / "tiny_digits", folder / "tiny_digits-0.1.dist-info"
    package.mkdir(parents=True)
    about.mkdir()
    for name, text in {"__init__": "", **modules}.items():
        (package / f"{name}.py").write_text(text)
    (about / "METADATA").write_text(METADATA)
    (about / "entry_points.txt").write_text(entry_points)


@pytest.fixture
def site(tmp_path: Path, environment: dict[str, str]) -> Path:
    """A folder that Python finds packages in; its path is relative, and workers run elsewhere."""
    environment["PYTHONPATH"] = "site"
    return tmp_path / "site"


def test_installed_models_features_and_datasets_run_in_workers(
    bench_process: Bench, site: Path, tmp_path: Path
) -> None:
    install(
        site,
        "[digitbench.models]\nmeans = tiny_digits.models:MODELS\n"
        "[digitbench.features]\nown = tiny_digits.features:FEATURES\n"
        "[digitbench.datasets]\nstripes = tiny_digits.data:DATASETS\n",
        models=(OWN / "failing_models.py").read_text(),
        features=(OWN / "example_features.py").read_text(),
        data=(OWN / "example_dataset.py").read_text(),
    )
    done = bench_process("--models", "careful", "--features", "profiles,eigenimages", "--dataset", "stripes")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = leaderboard(tmp_path, "stripes")
    assert set(rows) == {"careful@profiles", "careful@eigenimages"}
    assert all(row["status"] == "ok" and float(row["accuracy"]) > 0.5 for row in rows.values()), rows


@pytest.mark.parametrize(
    ("value", "module", "message"),
    [
        ("tiny_digits.nowhere:MODELS", "", "ModuleNotFoundError"),
        ("tiny_digits.models:NOTHING", "", "AttributeError"),
        ("tiny_digits.models:MODELS", "raise SystemExit(3)", "SystemExit: 3"),
        ("tiny_digits.models:MODELS", "MODELS = 3", "MODELS is a int"),
        ("tiny_digits.models:MODELS", "MODELS = ('knn',)", "MODELS holds a str"),
        ("tiny_digits.models:MODELS", "from models.baseline import MODELS", "two models are named 'dummy'"),
        ("::", "", "cannot be loaded"),
    ],
)
def test_a_broken_package_gets_one_clear_line(
    bench_process: Bench, site: Path, value: str, module: str, message: str
) -> None:
    install(site, f"[digitbench.models]\nmean = {value}\n", models=module)
    done = bench_process("list")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "tiny-digits" in done.stderr and message in done.stderr
