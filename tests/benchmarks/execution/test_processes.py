"""Process trees, the guard and the limits, with real processes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from benchmarks.execution.processes.orphan_cleanup import OrphanCleanup
from benchmarks.execution.processes.process_tree import end_tree, own_peak_mb, tree
from benchmarks.execution.processes.watching.memory import rss_mb

FAMILY = """
import signal, subprocess, sys, time
child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
children = [subprocess.Popen([sys.executable, "-c", child], stdout=subprocess.PIPE) for _ in range(2)]
[c.stdout.readline() for c in children]
print(*(c.pid for c in children), flush=True)
time.sleep(600)
"""


@dataclass(frozen=True)
class Family:
    """A parent that leads a session, and its two children, which do not listen to TERM."""

    parent: psutil.Process
    children: list[int]

    def all_gone(self) -> bool:
        return all(gone(pid) for pid in (self.parent.pid, *self.children))


@pytest.fixture
def family() -> Iterator[Family]:
    command = [sys.executable, "-c", FAMILY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout
        yield Family(psutil.Process(process.pid), [int(pid) for pid in process.stdout.readline().split()])
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def eventually(holds: Callable[[], bool], within_s: float = 15) -> bool:
    deadline = time.monotonic() + within_s
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


def test_a_tree_is_ended_with_children_that_do_not_listen(family: Family) -> None:
    assert len(family.children) == 2
    end_tree(family.parent, grace_s=0.3)
    assert eventually(family.all_gone)


def test_memory_counts_the_whole_tree(family: Family) -> None:
    alone = family.parent.memory_info().rss / 2**20
    assert rss_mb(tree(family.parent)) > alone * 1.8
    end_tree(family.parent, grace_s=0.1)
    assert eventually(lambda: rss_mb(tree(family.parent)) == 0)


def test_the_own_peak_stays_when_memory_is_given_back() -> None:
    probe = (
        "from benchmarks.execution.processes.process_tree import own_peak_mb as peak\n"
        "before = peak()\nhoard = bytearray(200 << 20)\nhoard[::4096] = b'x' * len(hoard[::4096])\ndel hoard\n"
        "print(peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert 190 < float(done.stdout) < 260
    assert own_peak_mb() > 10


def test_the_guard_ends_workers_and_removes_the_scratch_folder_when_its_bench_is_killed(
    family: Family, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (scratch / "file").write_text("x")
    bench = (
        "import time; from pathlib import Path\n"
        "from benchmarks.execution.processes.orphan_cleanup import OrphanCleanup\n"
        f"guard = OrphanCleanup(Path({str(scratch)!r})); guard.started({family.parent.pid}); print('up', flush=True)\n"
        "time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", bench], stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline() == b"up\n"
        assert not gone(family.parent.pid)
        process.kill()
    assert eventually(family.all_gone)
    assert eventually(lambda: not scratch.exists())


def test_the_guard_spares_workers_that_have_ended(family: Family, tmp_path: Path) -> None:
    guard = OrphanCleanup(tmp_path / "scratch")
    guard.started(family.parent.pid)
    guard.ended(family.parent.pid)
    guard.close()
    assert not gone(family.parent.pid)


def test_a_bench_outlives_its_guard(tmp_path: Path) -> None:
    guard = OrphanCleanup(tmp_path)
    guard._process.kill()
    guard._process.wait()
    for pid in range(100, 110):
        guard.started(pid)
    guard.close()
