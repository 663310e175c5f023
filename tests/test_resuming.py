"""What is reused, what is re-run, and what is left after an interrupt or a sudden death."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.cli_helpers import HOSTILE, QUICK, leaderboard, records, wait_for_worker, workers_left
from tests.conftest import ROOT, Bench


@pytest.mark.slow
def test_a_stored_trial_is_taken_again_and_force_runs_it(bench: Bench, tmp_path: Path) -> None:
    first = bench("--models", "knn", *QUICK)
    stored = records(tmp_path)
    again = bench("--models", "knn", *QUICK)
    assert "ok, reused" in again.stdout and "ok, reused" not in first.stdout
    assert records(tmp_path) == stored
    forced = bench("--models", "knn", *QUICK, "--force")
    assert "knn@pixels-s0 is re-run: --force" in forced.stdout
    assert records(tmp_path) != stored


@pytest.mark.slow
def test_a_trial_is_run_again_when_the_code_of_its_model_changed(bench: Bench, tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    text = (ROOT / "tests/plugins/hostile.py").read_text()
    plugin.write_text(text)
    arguments = ("--plugin", str(plugin), "--models", "leaves-children,knn", *QUICK)
    bench(*arguments)
    plugin.write_text(text.replace("class Harmless:", "# a remark\nclass Harmless:"))
    assert "re-run" not in bench(*arguments).stdout
    plugin.write_text(text.replace("np.zeros(len(X), np.int64)", "np.ones(len(X), np.int64)"))
    done = bench(*arguments)
    assert "leaves-children@pixels-s0 is re-run: code changed" in done.stdout
    assert "knn@pixels-s0 is re-run" not in done.stdout


@pytest.mark.slow
def test_a_good_result_outlives_what_measured_nothing(
    started_bench: Callable[..., subprocess.Popen[str]], bench: Bench, tmp_path: Path
) -> None:
    good = ("--models", "svm-rbf,knn", *QUICK)
    bench(*good)
    stored = records(tmp_path)
    done = bench(*good, "--force", "--max-minutes", "0.0001")
    assert done.returncode == 0 and "skipped" in done.stdout
    process = started_bench(*good, "--force")
    wait_for_worker(tmp_path)
    process.send_signal(signal.SIGINT)
    printed = process.communicate(timeout=30)[0]
    assert process.returncode == 130 and "the same command without --force" in printed
    after = records(tmp_path)
    assert {key: record["status"] for key, record in after.items()} == dict.fromkeys(stored, "ok")
    assert all((tmp_path / f"local/digits/predictions/{key}.npz").exists() for key in stored)


@pytest.mark.slow
def test_a_trial_is_run_again_with_another_number_of_threads(bench: Bench) -> None:
    bench("--models", "knn", *QUICK, "--threads", "2")
    assert "re-run: threads changed" in bench("--models", "knn", *QUICK, "--threads", "1").stdout
    assert "ok, reused" in bench("--models", "knn", *QUICK, "--threads", "1").stdout


@pytest.mark.slow
def test_a_plug_ins_own_helpers_count_as_its_code(bench: Bench, tmp_path: Path) -> None:
    plugin, helper = tmp_path / "mine.py", tmp_path / "said_by_mine.py"
    plugin.write_text(
        "from said_by_mine import LABEL\nfrom models.spec import ModelSpec\n"
        "class Says:\n    def fit(self, X, y): return self\n    def predict(self, X): return [LABEL] * len(X)\n"
        "MODELS = (ModelSpec('says', 'mine', 'says one thing', lambda context: Says(), ('pixels',)),)\n"
    )
    helper.write_text("LABEL = 1\n")
    arguments = ("--plugin", str(plugin), "--models", "says", *QUICK)
    assert bench(*arguments).returncode == 0
    assert "ok, reused" in bench(*arguments).stdout
    helper.write_text("LABEL = 2\n")
    assert "re-run: code changed" in bench(*arguments).stdout


@pytest.mark.slow
def test_a_plug_in_that_gives_the_suites_own_parts_other_arguments_counts(bench: Bench, tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    text = (
        "from functools import partial\nfrom features.hog import HOG\nfrom features.spec import FeaturePipeline\n"
        "from models import neighbors\nfrom models.spec import ModelSpec, with_defaults\n"
        "FEATURES = (FeaturePipeline('coarse', 'large cells', partial(HOG, cell_sizes=(7,))),)\n"
        "MODELS = (ModelSpec('near', 'mine', 'k-NN', partial(neighbors.MODELS[0].build), ('coarse',),\n"
        "          settings=with_defaults(neighbors.MODELS[0].settings, k=1)),)\n"
    )
    arguments = ("--plugin", str(plugin), "--models", "near", *QUICK)
    plugin.write_text(text)
    assert bench(*arguments).returncode == 0
    assert "ok, reused" in bench(*arguments).stdout
    plugin.write_text(text.replace("(7,)", "(6,)"))
    assert "re-run: code changed" in bench(*arguments).stdout
    plugin.write_text(text.replace("(7,)", "(6,)").replace("k=1", "k=3"))
    assert "re-run: code and settings changed" in bench(*arguments).stdout


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_what_runs_beside_itself_waits_for_its_turn_too(
    started_bench: Callable[..., subprocess.Popen[str]], bench: Bench, tmp_path: Path, jobs: str
) -> None:
    first = started_bench("--plugin", HOSTILE, "--models", "hangs", *QUICK, "--timeout", "5", "--jobs", jobs)
    wait_for_worker(tmp_path)
    other = bench("--models", "knn,dummy", *QUICK, "--jobs", "2", "--run", "other")
    assert other.returncode == 0 and f"process {first.pid}" in other.stdout, other.stdout
    first.communicate(timeout=30)


@pytest.mark.slow
def test_max_minutes_starts_nothing_that_would_not_end_in_time(bench: Bench) -> None:
    bench("--models", "knn", *QUICK)
    done = bench("--models", "knn", *QUICK, "--force", "--max-minutes", "0.001")
    assert done.returncode == 0
    assert "skipped" in done.stdout and "--max-minutes 0.001 leaves 0 s" in done.stdout


def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(
    started_bench: Callable[..., subprocess.Popen[str]], bench: Bench, tmp_path: Path
) -> None:
    arguments = ("--plugin", HOSTILE, "--models", "knn,hangs,dummy", *QUICK, "--timeout", "60")
    process = started_bench(*arguments)
    assert process.stdout
    printed = ""
    while "2/3" not in printed:
        line = process.stdout.readline()
        assert line, printed
        printed += line
    wait_for_worker(tmp_path)
    process.send_signal(signal.SIGINT)
    printed += process.communicate(timeout=30)[0]
    assert process.returncode == 130, printed
    assert "rank" in printed and "interrupted" in printed
    assert not workers_left(tmp_path)
    stored = records(tmp_path)
    assert stored["knn@pixels-s0"]["status"] == "ok"
    assert stored["hangs@pixels-s0"]["status"] == "interrupted"
    done = bench("--plugin", HOSTILE, "--models", "knn,hangs,dummy", *QUICK, "--timeout", "3")
    assert done.returncode == 1
    assert "hangs@pixels-s0 is re-run: it was interrupted" in done.stdout
    assert records(tmp_path)["hangs@pixels-s0"]["status"] == "timeout"
    assert records(tmp_path)["knn@pixels-s0"] == stored["knn@pixels-s0"]


@pytest.mark.slow
def test_two_benches_into_one_folder_lose_nothing(
    started_bench: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    both = [started_bench("--models", names, *QUICK) for names in ("knn,dummy,knn[k=1]", "knn,knn[k=2],knn[k=3]")]
    printed = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], printed
    numbers = "|".join(str(process.pid) for process in both)
    waited = (
        rf"waiting: another bench of yours \(process ({numbers}), for {tmp_path}/local/digits\) is measuring; only one"
    )
    assert any(re.search(waited, text) for text in printed), printed
    names = {f"{name}@pixels" for name in ("knn", "dummy", "knn[k=1]", "knn[k=2]", "knn[k=3]")}
    assert set(leaderboard(tmp_path)) == names


def kill_at_random_moments(
    start: Callable[..., subprocess.Popen[str]], bench: Bench, results: Path, times: int
) -> None:
    """Kill a run outright again and again; nothing may be half-written, nothing may be left running."""
    arguments = ("--models", "dummy,knn,linear-svm,random-forest[trees=20]", *QUICK, "--no-cache", "--force")
    generator = np.random.default_rng(2026)
    for moment in generator.uniform(0.3, 9.0, times):
        process = start(*arguments)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        process.kill()
        process.wait()
        for path in results.rglob("*.json"):
            json.loads(path.read_text())
        for path in results.rglob("*.npz"):
            np.load(path, allow_pickle=False).close()
        for path in results.rglob("*.csv"):
            assert path.read_text().endswith("\n")
        deadline = time.monotonic() + 10
        while workers_left(results) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not workers_left(results)
    done = bench(*(word for word in arguments if word != "--force"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(leaderboard(results)) == 4
    assert not list(results.rglob(".part-*"))


@pytest.mark.slow
def test_a_bench_killed_outright_leaves_whole_files_and_no_process(
    started_bench: Callable[..., subprocess.Popen[str]], bench: Bench, tmp_path: Path
) -> None:
    kill_at_random_moments(started_bench, bench, tmp_path, 2)


@pytest.mark.slow
def test_a_bench_killed_at_ten_moments_leaves_whole_files_and_no_process(
    started_bench: Callable[..., subprocess.Popen[str]], bench: Bench, tmp_path: Path
) -> None:
    kill_at_random_moments(started_bench, bench, tmp_path, 10)


@pytest.mark.slow
def test_a_trial_never_timed_before_is_skipped_when_the_minutes_are_used_up(bench: Bench, tmp_path: Path) -> None:
    done = bench("--plugin", HOSTILE, "--models", "hangs,exits", *QUICK, "--max-minutes", "0.15")
    assert done.returncode == 0, done.stdout
    reasons = {key: (record["status"], record["reason"]) for key, record in records(tmp_path).items()}
    assert {status for status, _ in reasons.values()} == {"skipped"}
    assert "(--max-minutes)" in str(reasons["hangs@pixels-s0"][1])
