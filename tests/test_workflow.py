"""The workflow file says what it should, as far as that can be told without running it."""

from __future__ import annotations

import re
import shlex
import tomllib
from typing import Any

import yaml

from benchmarks.regression.__main__ import parsed
from tests.conftest import ROOT

TEXT = (ROOT / ".github" / "workflows" / "checks.yml").read_text(encoding="utf-8")
WORKFLOW: dict[Any, Any] = yaml.safe_load(TEXT)
STEPS = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]


def test_every_job_has_a_machine_a_limit_and_steps_that_do_one_thing() -> None:
    assert set(WORKFLOW["jobs"]) == {"lint", "test", "regressions"}
    for job in WORKFLOW["jobs"].values():
        assert {"runs-on", "timeout-minutes", "steps"} <= set(job)
    assert all(("run" in step) != ("uses" in step) for step in STEPS)


def test_it_runs_on_pushes_and_pull_requests_and_may_only_read() -> None:
    # YAML 1.1 reads the bare word "on" as true
    assert set(WORKFLOW[True]) == {"push", "pull_request"} and WORKFLOW["permissions"] == {"contents": "read"}


def test_the_oldest_and_the_newest_python_are_tested() -> None:
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(">=")
    assert WORKFLOW["jobs"]["test"]["strategy"]["matrix"]["python"] == [oldest, "3.x"]


def test_what_it_makes_is_in_the_makefile() -> None:
    made = re.findall(r"\bmake ([a-z-]+)", TEXT)
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(made) == {"lint", "test", "setup"} and set(made) <= set(targets)


def test_the_comparison_is_called_with_words_it_knows() -> None:
    calls = [parsed(shlex.split(call)) for call in re.findall(r"-m benchmarks\.regression ([^|\n]*)", TEXT)]
    assert [call.save for call in calls] == [True, False]
