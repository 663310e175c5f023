"""Machines with network namespaces and addresses of their own, whose link is cut."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from tests.cli_helpers import QUICK, records
from tests.cluster.helpers import SLEEPING, Cluster, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

Start = Callable[..., subprocess.Popen[str]]
ARGUMENTS = ("--plugin", SLEEPING, "--models", "sleeps[seconds=8],dummy", *QUICK)
SLEEPS = "sleeps[seconds=8.0]@pixels-s0"


@dataclass
class Network:
    """A bridge with the scheduler's address, and a namespace for each machine."""

    name: str
    subnet: str

    def ip(self, words: str, check: bool = True) -> bool:
        done = subprocess.run(["ip", *words.format(name=self.name, subnet=self.subnet).split()], capture_output=True)
        assert not check or done.returncode == 0, done.stderr
        return done.returncode == 0

    def add_host(self, number: int) -> None:
        for words in (
            f"netns add {{name}}{number}",
            f"link add {{name}}v{number} type veth peer name eth0 netns {{name}}{number}",
            f"link set {{name}}v{number} master {{name}} up",
            f"-n {{name}}{number} addr add {{subnet}}.{number}/24 dev eth0",
            f"-n {{name}}{number} link set eth0 up",
            f"-n {{name}}{number} link set lo up",
        ):
            self.ip(words)

    def link(self, host: str, state: str) -> None:
        self.ip(f"link set {{name}}v{host.rpartition('.')[2]} {state}")

    def delete(self) -> None:
        for number in (2, 3):
            self.ip(f"link del {{name}}v{number}", check=False)
            self.ip(f"netns del {{name}}{number}", check=False)
        self.ip("link del {name}", check=False)


@pytest.fixture
def network() -> Iterator[Network]:
    if os.getuid() != 0 or not shutil.which("ip"):
        pytest.skip("needs root, and ip of iproute2")
    # the system deletes namespaces later than it says: names are used once
    number = uuid4().int
    one = Network(f"db{number % 10**6}", f"10.{number // 10**6 % 100 + 100}.{number // 10**8 % 250 + 1}")
    try:
        if not one.ip("link add {name} type bridge", check=False) or not one.ip("netns add {name}2", check=False):
            pytest.skip("network namespaces cannot be made here")
        one.ip("netns del {name}2")
        one.ip("addr add {subnet}.1/24 dev {name}")
        one.ip("link set {name} up")
        for number in (2, 3):
            one.add_host(number)
        yield one
    finally:
        one.delete()


@pytest.fixture
def hosts(network: Network, environment: dict[str, str], tmp_path: Path) -> Iterator[Cluster]:
    environment |= {"DASK_DIGITBENCH__LOST_AFTER": "8s", "DASK_DIGITBENCH__NO_MACHINE": "30s"}
    cluster = Cluster(tmp_path / "cluster", environment, host=f"{network.subnet}.1")
    cluster.start_scheduler()
    for number in (2, 3):
        cluster.start_worker(inside=["ip", "netns", "exec", f"{network.name}{number}"])
    yield cluster
    cluster.close()


def finished(process: subprocess.Popen[str]) -> str:
    printed = process.communicate(timeout=120)[0]
    assert process.returncode == 0, printed
    return printed


def test_the_trial_of_a_host_that_is_cut_off_runs_elsewhere(
    started_bench: Start, network: Network, hosts: Cluster, tmp_path: Path
) -> None:
    process = started_bench(*ARGUMENTS, "--cluster", hosts.address)
    lost = hosts.wait_for_trial()
    network.link(lost.host, "down")
    printed = finished(process)
    assert "gives no sign of life" in printed or "has gone" in printed, printed
    stored = records(tmp_path)
    assert {record["status"] for record in stored.values()} == {"ok"} and len(stored) == 2
    network.link(lost.host, "up")
    wait_until(lambda: not any(machine.trials() for machine in hosts.machines), 60)
    assert finished(started_bench(*ARGUMENTS, "--cluster", hosts.address)).count("ok, reused") == 2
    assert records(tmp_path) == stored


def test_a_host_that_is_cut_off_for_a_moment_keeps_its_trial(
    started_bench: Start, network: Network, hosts: Cluster, tmp_path: Path
) -> None:
    process = started_bench(*ARGUMENTS, "--cluster", hosts.address)
    cut = hosts.wait_for_trial()
    network.link(cut.host, "down")
    time.sleep(3)
    network.link(cut.host, "up")
    assert finished(process).count(f"{SLEEPS} runs on") == 1
    assert {record["status"] for record in records(tmp_path).values()} == {"ok"}
