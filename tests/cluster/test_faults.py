"""Machines, the scheduler and the bench are killed, stopped and brought back: no result is lost, and nothing left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli_helpers import QUICK, records
from tests.cluster.helpers import SLEEPING, Cluster, cmdline, processes_of, wait_until
from tests.conftest import Bench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

Start = Callable[..., subprocess.Popen[str]]
BOTH = ("--plugin", SLEEPING, "--models", "sleeps[seconds=6],dummy", *QUICK)
SLEEPS, DUMMY = "sleeps[seconds=6.0]@pixels-s0", "dummy@pixels-s0"


def statuses(results: Path) -> dict[str, object]:
    return {key: record["status"] for key, record in records(results).items()}


def assert_nothing_runs(cluster: Cluster, seconds: float = 30) -> None:
    """Assert that soon no machine runs a trial that it runs now; another one may have begun there."""
    running = [one for machine in cluster.machines for one in machine.trials()]
    wait_until(lambda: not any(one.is_running() for one in running), seconds)


def finished(process: subprocess.Popen[str]) -> str:
    printed = process.communicate(timeout=120)[0]
    assert process.returncode == 0, printed
    return printed


def test_the_trial_of_a_killed_machine_runs_elsewhere(started_bench: Start, cluster: Cluster, tmp_path: Path) -> None:
    for _ in range(2):
        cluster.start_worker()
    process = started_bench(*BOTH, "--cluster", cluster.address)
    lost = cluster.wait_for_trial()
    lost.signal(signal.SIGKILL)
    printed = finished(process)
    other = next(machine for machine in cluster.machines if machine is not lost)
    assert "has gone" in printed and f"{SLEEPS} runs on m{other.host[-1]}" in printed, printed
    assert statuses(tmp_path) == {SLEEPS: "ok", DUMMY: "ok"}
    assert_nothing_runs(cluster)


def test_a_stopped_machine_is_lost_and_comes_back(started_bench: Start, cluster: Cluster, tmp_path: Path) -> None:
    for _ in range(2):
        cluster.start_worker()
    process = started_bench(*BOTH, "--cluster", cluster.address)
    lost = cluster.wait_for_trial()
    lost.signal(signal.SIGSTOP)
    printed = finished(process)
    assert "gives no sign of life for 8 s" in printed, printed
    stored = records(tmp_path)
    assert statuses(tmp_path) == {SLEEPS: "ok", DUMMY: "ok"}
    lost.signal(signal.SIGCONT)
    assert_nothing_runs(cluster)
    again = started_bench(*BOTH, "--cluster", cluster.address)
    assert finished(again).count("ok, reused") == 2
    assert records(tmp_path) == stored


def test_a_machine_that_is_silent_for_a_moment_keeps_its_trial(
    started_bench: Start, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.start_worker()
    process = started_bench(*BOTH, "--cluster", cluster.address)
    slow = cluster.wait_for_trial()
    slow.signal(signal.SIGSTOP)
    time.sleep(2)
    slow.signal(signal.SIGCONT)
    printed = finished(process)
    assert "no sign of life" not in printed and printed.count("sleeps[seconds=6.0]@pixels-s0 runs on") == 1
    assert statuses(tmp_path) == {SLEEPS: "ok", DUMMY: "ok"}


def test_a_trial_that_loses_three_machines_fails_with_the_reason(
    started_bench: Start, cluster: Cluster, tmp_path: Path
) -> None:
    for _ in range(4):
        cluster.start_worker()
    process = started_bench(
        "--plugin", SLEEPING, "--models", "sleeps[seconds=200]", *QUICK, "--cluster", cluster.address
    )
    for _ in range(3):
        cluster.wait_for_trial().signal(signal.SIGKILL)
        assert_nothing_runs(cluster)
    printed = process.communicate(timeout=90)[0]
    assert process.returncode == 1, printed
    (stored,) = records(tmp_path).values()
    assert stored["status"] == "failed" and str(stored["reason"]).startswith("lost on 3 machines: m"), stored


def test_without_any_machine_left_the_run_ends_and_goes_on_later(
    started_bench: Start, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.start_worker()
    process = started_bench(*BOTH, "--cluster", cluster.address)
    cluster.wait_for_trial().signal(signal.SIGKILL)
    printed = process.communicate(timeout=90)[0]
    assert process.returncode == 2 and "bench.py: no worker is connected to --cluster tcp://" in printed, printed
    assert "Traceback" not in printed
    cluster.start_worker()
    finished(started_bench(*BOTH, "--cluster", cluster.address))
    assert statuses(tmp_path) == {SLEEPS: "ok", DUMMY: "ok"}


def test_without_its_scheduler_the_run_ends_and_goes_on_later(
    started_bench: Start, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.start_worker()
    quick_first = ("--plugin", SLEEPING, "--models", "dummy", *QUICK)
    finished(started_bench(*quick_first, "--cluster", cluster.address))
    stored = records(tmp_path)
    process = started_bench(*BOTH, "--cluster", cluster.address)
    cluster.wait_for_trial()
    assert cluster.scheduler
    cluster.scheduler.kill()
    printed = process.communicate(timeout=90)[0]
    assert process.returncode == 2 and "bench.py: the scheduler of --cluster tcp://" in printed, printed
    assert "Traceback" not in printed
    assert_nothing_runs(cluster)
    assert records(tmp_path) == stored
    cluster.start_scheduler()
    cluster.start_worker()
    assert finished(started_bench(*BOTH, "--cluster", cluster.address)).count("ok, reused") == 1
    assert records(tmp_path)[DUMMY] == stored[DUMMY] and statuses(tmp_path)[SLEEPS] == "ok"


def test_a_scheduler_that_is_back_soon_costs_only_the_trial_under_way(
    started_bench: Start, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.environment["DASK_DIGITBENCH__LOST_AFTER"] = "30s"
    cluster.environment["DASK_DIGITBENCH__NO_MACHINE"] = "60s"
    cluster.start_worker()
    process = started_bench(*BOTH, "--cluster", cluster.address)
    cluster.wait_for_trial()
    assert cluster.scheduler
    cluster.scheduler.kill()
    cluster.scheduler.wait()
    cluster.start_scheduler()
    cluster.start_worker()
    finished(process)
    assert statuses(tmp_path) == {SLEEPS: "ok", DUMMY: "ok"}
    assert_nothing_runs(cluster)


def test_a_bench_killed_outright_leaves_nothing_running_and_goes_on(
    started_bench: Start, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.start_worker()
    finished(started_bench("--plugin", SLEEPING, "--models", "dummy", *QUICK, "--cluster", cluster.address))
    stored = records(tmp_path)
    process = started_bench(*BOTH, "--cluster", cluster.address)
    cluster.wait_for_trial()
    process.kill()
    assert_nothing_runs(cluster)
    assert records(tmp_path) == stored
    assert finished(started_bench(*BOTH, "--cluster", cluster.address)).count("ok, reused") == 1
    assert records(tmp_path)[DUMMY] == stored[DUMMY] and statuses(tmp_path)[SLEEPS] == "ok"


def test_an_interrupted_bench_ends_its_trials(started_bench: Start, cluster: Cluster, tmp_path: Path) -> None:
    cluster.start_worker()
    process = started_bench(*BOTH, "--cluster", cluster.address)
    machine = cluster.wait_for_trial()
    process.send_signal(signal.SIGINT)
    printed = process.communicate(timeout=60)[0]
    assert process.returncode == 130 and "the same command goes on" in printed, printed
    assert not machine.trials()
    assert statuses(tmp_path)[SLEEPS] == "interrupted"


def test_workers_on_this_machine_end_with_a_bench_that_is_killed(started_bench: Start, tmp_path: Path) -> None:
    process = started_bench(*BOTH, "--cluster", "local:2")
    wait_until(lambda: any("execution.worker.main" in cmdline(one) for one in processes_of(tmp_path)))
    process.kill()
    wait_until(lambda: not processes_of(tmp_path), 30)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if os.getuid() != 0 or not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount a file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("what", ["TMPDIR", "DIGITBENCH_CACHE"])
def test_a_trial_goes_elsewhere_when_its_machine_has_no_space(
    bench: Bench, cluster: Cluster, tmp_path: Path, small_disk: Path, what: str
) -> None:
    full = cluster.start_worker("--local-directory", str(tmp_path), own={what: str(small_disk)})
    (small_disk / "rest").write_bytes(bytes(2**21 + 2**19))
    cluster.start_worker()
    done = bench("--plugin", SLEEPING, "--models", "sleeps,dummy", *QUICK, "--cluster", cluster.address)
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(statuses(tmp_path).values()) == {"ok"}
    assert "runs on m2" in done.stdout and full.process.poll() is None


def test_a_trial_that_fills_every_disk_fails_with_the_reason(
    bench: Bench, cluster: Cluster, tmp_path: Path, small_disk: Path
) -> None:
    cluster.start_worker("--local-directory", str(tmp_path), own={"TMPDIR": str(small_disk)})
    done = bench("--plugin", SLEEPING, "--models", "fills-the-disk", *QUICK, "--cluster", cluster.address)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "No space left on device" in str(records(tmp_path)["fills-the-disk@pixels-s0"]["reason"])
