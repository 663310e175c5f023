"""Real runs of models that forge times and answers, and change what other trials read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Bench

PLUGIN = str(ROOT / "tests" / "plugins" / "forging.py")
FORGERS = {
    "changes-timed": "its times do not fit the bench's own clock: fit told as 0.00 s, observed 1.",
    "replaces-timed": "its times do not fit the bench's own clock: fit told as 0.00 s, observed 1.",
    "writes-its-answer": "its answer is not the one that its worker wrote last",
    "tells-all-stages": "its times do not fit the bench's own clock: ",
    "repeats-a-stage": "its stages are not those of a trial: weights, data, imports, fit, fit",
}


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
@pytest.mark.parametrize("option", [(), ("--no-cache",)])
def test_a_model_that_changes_what_others_read_fails_and_they_do_not_notice(
    option: tuple[str, ...], bench: Bench, tmp_path: Path
) -> None:
    # models run in this order where no time is known
    found = rows(bench, tmp_path, "poisons-data,honest,poisons-features,floods", *option)
    poisons = {"poisons-data"} if option else {"poisons-data", "poisons-features"}
    for model in poisons:
        assert found[model]["status"] == "failed"
        assert "it changed files of the bench: " in found[model]["reason"]
    assert found["honest"]["accuracy"] == found["floods"]["accuracy"] > 0.85


@pytest.mark.slow
def test_trials_at_the_same_time_compute_features_once_and_are_never_wrong(bench: Bench, tmp_path: Path) -> None:
    found = rows(bench, tmp_path, "honest,floods,poisons-data,poisons-features", "--jobs", "2", "--no-cache")
    assert [row["timing"]["features_cached"] for row in found.values()].count(False) <= 1
    for model in ("honest", "floods"):
        assert found[model]["accuracy"] in (None, found["honest"]["accuracy"], found["floods"]["accuracy"])
        assert found[model]["status"] == "ok" or "was changed after the bench had written it" in found[model]["reason"]
