"""Real runs of models that forge times and answers, and change what other trials read."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.common.atomic_files import write_whole
from benchmarks.execution.processes.fence import protects_files
from tests.conftest import ROOT, Bench
from tests.test_label_protection import UNFENCED

PLUGIN = str(ROOT / "tests" / "plugins" / "forging.py")
FORGERS = {
    "changes-timed": "its times do not fit the bench's own clock: fit told as 0.00 s, observed 1.",
    "replaces-timed": "its times do not fit the bench's own clock: fit told as 0.00 s, observed 1.",
    "writes-its-answer": "it did not say that it was done",
    "tells-all-stages": "its times do not fit the bench's own clock: ",
    "repeats-a-stage": "its stages are not those of a trial: weights, data, imports, fit, fit",
}


PIPELINES = str(ROOT / "tests" / "plugins" / "odd_pipelines.py")
PATCHING = str(ROOT / "tests" / "plugins" / "patching.py")


@pytest.fixture
def no_fence(environment: dict[str, str], tmp_path: Path) -> None:
    """Have runs go without a fence, in which no model reaches what it would change."""
    (tmp_path / "sitecustomize.py").write_text(UNFENCED)
    environment["PYTHONPATH"] = f"{tmp_path}:{ROOT}"
    environment["CACHE_TO_POISON"] = environment["DIGITBENCH_CACHE"]


def rows(bench: Bench, tmp_path: Path, models: str, *options: str) -> Mapping[str, dict[str, Any]]:
    """Run models of the plug-in, one after the other; return status, reason and accuracy of each."""
    command = ("--plugin", PLUGIN, "--models", models, "--dataset", "digits", "--threads", "1", *options)
    done = bench(*command)
    assert done.returncode in (0, 1) and "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    found: dict[str, dict[str, Any]] = {}
    for path in (tmp_path / "local" / "digits" / "trials").glob("*.json"):
        record = json.loads(path.read_text())
        accuracy = record["evaluation"]["test"]["accuracy"] if record["status"] == "ok" else None
        found[record["trial"]["model"]] = {**record, "accuracy": accuracy}
    return found


@pytest.mark.slow
def test_a_model_that_forges_its_times_or_its_answer_fails_with_what_does_not_fit(bench: Bench, tmp_path: Path) -> None:
    found = rows(bench, tmp_path, ",".join([*FORGERS, "stops-the-clock", "honest", "floods"]))
    for model, reason in FORGERS.items():
        assert found[model]["status"] == "failed", model
        assert reason in found[model]["reason"], found[model]["reason"]
        assert found[model]["evaluation"] == {}
    assert found["honest"]["status"] == found["floods"]["status"] == found["stops-the-clock"]["status"] == "ok"
    assert found["stops-the-clock"]["timing"]["fit_s"] >= 1  # the bench's functions were bound before
    timing = found["honest"]["timing"]
    assert all(timing[name] is not None for name in ("startup_s", "load_s", "imports_s", "features_s", "fit_s"))
    assert timing["latency_ms"]["p50"] > 0


@pytest.mark.slow
@pytest.mark.usefixtures("no_fence")
@pytest.mark.parametrize("option", [(), ("--no-cache",)])
def test_a_model_that_changes_what_others_read_fails_and_they_do_not_notice(
    option: tuple[str, ...], bench_process: Bench, tmp_path: Path
) -> None:
    # models run in this order where no time is known
    found = rows(bench_process, tmp_path, "poisons-data,honest,poisons-features,floods", *option)
    poisons = {"poisons-data"} if option else {"poisons-data", "poisons-features"}
    for model in poisons:
        assert found[model]["status"] == "failed"
        assert "it changed files of the bench: " in found[model]["reason"]
    assert found["honest"]["accuracy"] == found["floods"]["accuracy"] > 0.85


@pytest.mark.slow
@pytest.mark.usefixtures("no_fence")
def test_trials_at_the_same_time_compute_features_once_and_are_never_wrong(
    bench_process: Bench, tmp_path: Path
) -> None:
    found = rows(bench_process, tmp_path, "honest,floods,poisons-data,poisons-features", "--jobs", "2", "--no-cache")
    assert [row["timing"]["features_cached"] for row in found.values()].count(False) <= 1
    for model in ("honest", "floods"):
        assert found[model]["accuracy"] in (None, found["honest"]["accuracy"], found["floods"]["accuracy"])
        assert found[model]["status"] == "ok" or "was changed after the bench had written it" in found[model]["reason"]


@pytest.mark.skipif(not protects_files(), reason="needs Landlock")
def test_what_another_bench_caches_meanwhile_is_no_models_fault(
    bench: Bench, environment: dict[str, str], tmp_path: Path
) -> None:
    entry, done = Path(environment["DIGITBENCH_CACHE"], "features", "of-another-bench"), threading.Event()
    entry.mkdir(parents=True)

    def go_on_caching() -> None:
        while not done.wait(0.02):
            write_whole(entry / "train.npy", b"its matrix")

    other = threading.Thread(target=go_on_caching)
    other.start()
    try:
        found = rows(bench, tmp_path, "honest")
    finally:
        done.set()
        other.join()
    assert found["honest"]["status"] == "ok" and (entry / "train.npy").is_file()


@pytest.mark.slow
def test_the_file_of_a_model_changes_no_features_of_others(bench: Bench, tmp_path: Path) -> None:
    found = rows(bench, tmp_path, "patcher,honest", "--plugin", PATCHING, "--no-cache")
    assert found["patcher"]["status"] == "ok" and found["honest"]["accuracy"] > 0.85


@pytest.mark.slow
def test_a_pipeline_that_fails_is_the_failure_of_its_rows_with_its_reason(bench: Bench, tmp_path: Path) -> None:
    names = "raises,exits,hangs,lacks,too-few,objects,forges,unplain,plain"
    chosen = ("--models", "dummy,honest", "--features", names, "--dataset", "digits", "--evaluate", "shifted")
    limits = ("--timeout", "60", "--threads", "1", "--no-cache")
    done = bench("--plugin", PLUGIN, "--plugin", PIPELINES, *chosen, *limits)
    assert done.returncode == 1 and "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    expected = {
        "raises": ("failed", "its features were not computed: RuntimeError: no eigenvalue converged"),
        "exits": ("failed", "exit code 4 before it gave an answer"),
        "hangs": ("timeout", "its features were not computed: not done after 60 s (--timeout)"),
        "lacks": ("skipped", "the file of its weights is missing"),
        "too-few": ("failed", "ValueError: too-few gave float32 of shape (1436, 784) for 1437 images"),
        "forges": ("failed", "its times do not fit the bench's own clock: features told as 0.00 s, observed 1."),
        "objects": ("failed", "ValueError: objects gave object of shape (1437, 1) for 1437 images"),
        "unplain": ("ok", ""),
        "plain": ("ok", ""),
    }
    folder = tmp_path / "local" / "digits"
    for name, (status, reason) in expected.items():
        for model in ("dummy", "honest"):
            record = json.loads((folder / "trials" / f"{model}@{name}-s0.json").read_text())
            assert record["status"] == status and reason in record["reason"], record
    logs = {name: (folder / "logs" / f"dummy@{name}-s0.log").read_text() for name in ("raises", "unplain", "plain")}
    assert "eigenvalue" in logs["raises"]
    assert logs["unplain"].count("fitted in main") == 1 and logs["plain"].count("fitted in") <= 1
