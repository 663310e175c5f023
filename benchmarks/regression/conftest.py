"""The suite's turns; what pytest-benchmark stores: a fingerprint of the machine, no name of it or of its user."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.provenance.environment import current_environment
from benchmarks.regression.judging.rounds import TURNS


@pytest.hookimpl(tryfirst=True)  # so that names begin with the turn
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Time every benchmark in several turns; as the turn belongs to the session, one is over before the next begins."""
    if metafunc.config.getoption("benchmark_enable") and "benchmark" in metafunc.fixturenames:
        metafunc.fixturenames.insert(0, "turn")
        metafunc.parametrize("turn", TURNS, scope="session")


@pytest.hookimpl
def pytest_benchmark_generate_machine_info() -> dict[str, Any]:
    """Return the fingerprint that results carry too; it tells kinds of machine apart."""
    kept = ("machine_id", "cpu", "cores", "memory_gb", "os", "python", "packages")
    return {name: getattr(current_environment(), name) for name in kept}


@pytest.hookimpl
def pytest_benchmark_update_json(output_json: dict[str, Any]) -> None:
    """Leave the single wall times out: what is compared is the processor times in ``extra_info``."""
    for entry in output_json["benchmarks"]:
        entry["stats"].pop("data", None)


@pytest.hookimpl
def pytest_benchmark_generate_commit_info() -> dict[str, Any]:
    """Return the commit alone: pytest-benchmark would name the project's folder and the branch."""
    return {"id": current_environment().git_commit, "dirty": current_environment().git_dirty}
