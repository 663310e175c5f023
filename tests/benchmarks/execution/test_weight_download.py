"""Weights that are fetched outside of the fence: the suite's own always, a plug-in's only where that is allowed."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.execution.processes import weight_download
from benchmarks.execution.processes.scratch import scratch_folder
from benchmarks.execution.processes.supervisor import Limits
from benchmarks.execution.processes.weight_download import local_files
from features.pretrained.backbones import VGG16
from features.pretrained.weights import Weights, md5_of
from models.spec import Unavailable
from tests.weight_files import give_no_file

OF_A_PLUGIN = replace(VGG16, network="mine", file="mine.h5", url="https://example.org/mine.h5")


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Weights]:
    """Have nothing be fetched; give what would have been."""
    give_no_file(monkeypatch)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    found: list[Weights] = []
    monkeypatch.setattr(weight_download, "_fetch", lambda weights, *rest: found.append(weights))
    return found


def files(tmp_path: Path, weights: Weights, network: bool) -> dict[str, str]:
    with scratch_folder() as (folder, cleanup):
        return local_files([None, weights], folder, Limits(60, 1, 1), cleanup, threading.Event(), network)


@pytest.mark.parametrize("weights", [OF_A_PLUGIN, replace(VGG16, url="https://example.org/other.h5")])
def test_a_plug_ins_weights_are_fetched_only_with_a_network(
    tmp_path: Path, fetched: list[Weights], weights: Weights
) -> None:
    with pytest.raises(Unavailable, match="which a plug-in names: give --allow-network or --weights FILE"):
        files(tmp_path, weights, network=False)
    assert not fetched
    files(tmp_path, weights, network=True)
    assert fetched == [weights]


def test_the_suites_own_are_fetched_and_those_that_are_there_are_not(tmp_path: Path, fetched: list[Weights]) -> None:
    files(tmp_path, VGG16, network=False)
    assert fetched == [VGG16]
    there = tmp_path / "keras" / "models" / "mine.h5"
    there.parent.mkdir(parents=True)
    there.write_text("weights")
    found = files(tmp_path, replace(OF_A_PLUGIN, md5=md5_of(there)), network=False)
    assert found == {"mine": str(there)} and fetched == [VGG16]
