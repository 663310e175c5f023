"""``bench.py tune``, with real processes on scikit-learn's digits."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli_helpers import leaderboard, workers_left
from tests.conftest import ROOT, Bench

TUNABLE = str(ROOT / "tests" / "plugins" / "tunable.py")
DIGITS = ("--plugin", TUNABLE, "--dataset", "digits", "--threads", "1")
STUDIES = Path("local/digits-validation/studies")


@pytest.fixture
def tune(bench: Bench, tmp_path: Path) -> Bench:
    def run(*arguments: str, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        return bench("tune", *arguments, *DIGITS, "--results-dir", str(tmp_path), timeout=timeout)

    return run


def outcome(tmp_path: Path, name: str = "means-pixels") -> dict[str, object]:
    found: dict[str, object] = json.loads((tmp_path / STUDIES / f"{name}.json").read_text())
    return found


@pytest.mark.slow
def test_a_bad_default_is_tuned_and_run_once_on_test(tune: Bench, tmp_path: Path) -> None:
    done = tune("means", "--trials", "8", "--then-run")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith("1/8     the defaults  error ") for line in lines)
    assert "significantly better than the defaults: p = " in done.stdout and "8 settings tried" in done.stdout
    found = outcome(tmp_path)
    assert found["n_tried"] == 8 and found["p_value"] < 0.05  # type: ignore[operator]
    assert len(list((tmp_path / "local/digits-validation/trials").glob("*.json"))) == 8
    rows = leaderboard(tmp_path)
    assert set(rows) == {"means@pixels", "means[tuned=means-pixels]@pixels"}
    assert float(rows["means[tuned=means-pixels]@pixels"]["accuracy"]) > float(rows["means@pixels"]["accuracy"])
    page = (tmp_path / "local/digits-validation/report.html").read_text()
    assert 'id="studies"' in page and "means-pixels" in page
    again = tune("means", "--trials", "8", "--then-run")
    assert again.returncode == 0 and "ok, reused" in again.stdout and "/8 " not in again.stdout


@pytest.mark.slow
def test_a_study_that_is_killed_goes_on_and_has_every_setting_once(
    started_bench: Callable[..., subprocess.Popen[str]], tune: Bench, tmp_path: Path
) -> None:
    arguments = ("tune", "means", "--trials", "6", *DIGITS, "--results-dir", str(tmp_path))
    for kill in range(4):
        process = started_bench(*arguments)
        time.sleep(3 + kill)
        process.kill()
        process.wait()
    done = tune("means", "--trials", "6")
    assert done.returncode == 0, done.stdout + done.stderr
    records = [json.loads(path.read_text()) for path in (tmp_path / "local/digits-validation/trials").glob("*.json")]
    assert len(records) == 6 and {record["status"] for record in records} == {"ok"}
    assert outcome(tmp_path)["n_tried"] == 6
    assert workers_left(tmp_path) == []


@pytest.mark.slow
def test_crashes_and_time_outs_are_failures_and_the_study_goes_on(tune: Bench) -> None:
    done = tune("fragile-means", "--trials", "6", "--sampler", "random", "--param", "fragile=true")
    assert done.returncode == 0 and "failed: the process left with exit code 3" in done.stdout
    assert "6/6" in done.stdout


@pytest.mark.slow
def test_networks_are_told_to_stop_and_what_they_had_is_kept(tune: Bench, tmp_path: Path) -> None:
    done = tune("epoch-means", "--trials", "5", "--sampler", "random", "--prune")
    assert done.returncode == 0 and "pruned: not among the best third after epoch" in done.stdout, done.stdout
    records = [json.loads(path.read_text()) for path in (tmp_path / "local/digits-validation/trials").glob("*.json")]
    pruned = [record for record in records if record["status"] == "interrupted"]
    assert pruned and all(1 <= len(record["history"]) < 9 for record in pruned)


def test_wrong_arguments_are_one_line(tune: Bench, tmp_path: Path) -> None:
    for arguments, message in (
        (("means", "--param", "shrink=0..2"), "should be a number from 0.0 to 1.0"),
        (("knn", "--param", "k=1..5"), "say which: knn@hog, knn@orientation-maps-pca, knn@pixels"),
        (("means[shrink=0.1]",), "fix a setting with --param NAME=VALUE"),
        (("means", "--sampler", "cma-es"), "cma-es needs two or more ranges of fractions"),
        (("means", "--study", "../x"), "should be a plain name"),
        (("means", "--minimise", "accuracy"), "less of it is not better"),
        (("meens",), "did you mean means"),
    ):
        done = tune(*arguments)
        assert done.returncode == 2 and message in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert not list(tmp_path.glob("local/*/trials"))


def test_only_tuning_and_the_report_of_studies_import_optuna() -> None:
    importing = {
        path.relative_to(ROOT).parts[:2]
        for path in [*ROOT.glob("*.py"), *ROOT.glob("benchmarks/**/*.py"), *ROOT.glob("models/**/*.py")]
        if "import optuna" in (text := path.read_text()) or "from optuna" in text or "from cmaes" in text
    }
    assert importing <= {("benchmarks", "tuning"), ("benchmarks", "report")}


def test_a_run_does_without_optuna(environment: dict[str, str], tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['optuna'] = sys.modules['cmaes'] = None\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "import bench\n"
        f"code = bench.main(['--models', 'dummy', '--dataset', 'digits', '--results-dir', {str(tmp_path)!r}])\n"
        f"print(code, bench.main(['tune', 'means', '--plugin', {TUNABLE!r}, '--dataset', 'digits']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 2" and "pip install" in done.stderr, done.stdout + done.stderr
