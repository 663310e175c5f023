"""Repetitions of the suite, and the stored metadata: a fingerprint of the machine, no host or user name."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.provenance.environment import current_environment
from benchmarks.regression.detection.repetitions import REPETITIONS


@pytest.hookimpl(tryfirst=True)  # so that ids begin with the repetition
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat the whole suite: with session scope, one repetition ends before the next begins."""
    if metafunc.config.getoption("benchmark_enable") and "benchmark" in metafunc.fixturenames:
        metafunc.fixturenames.insert(0, "repetition")
        metafunc.parametrize("repetition", REPETITIONS, scope="session")


@pytest.hookimpl
def pytest_benchmark_generate_machine_info() -> dict[str, Any]:
    """Return the fingerprint of the machine, as in stored results."""
    names = ("machine_id", "cpu", "cores", "memory_gb", "os", "python", "packages")
    return {name: getattr(current_environment(), name) for name in names}


@pytest.hookimpl
def pytest_benchmark_update_json(output_json: dict[str, Any]) -> None:
    """Remove the wall-clock times: CPU times in ``extra_info`` are compared."""
    for entry in output_json["benchmarks"]:
        entry["stats"].pop("data", None)


@pytest.hookimpl
def pytest_benchmark_generate_commit_info() -> dict[str, Any]:
    """Return the commit only: pytest-benchmark would add the project's folder and the branch."""
    return {"id": current_environment().git_commit, "dirty": current_environment().git_dirty}
