"""One supervisor for trials and checks: limits, interrupts, and no process left behind."""

from __future__ import annotations

import threading
from pathlib import Path
from unittest import mock

import psutil
import pytest

from benchmarks.common.clock import clock
from benchmarks.execution.processes.scratch import scratch_folder
from benchmarks.execution.processes.supervisor import Limits, Outcome, how_it_ended, supervise
from benchmarks.execution.processes.watching import watch
from benchmarks.execution.processes.watching.open_files import TooManyFilesError

DETACHED = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(1 if sys.argv[1:] == ["ends"] else 600)
"""


def run(code: str, limits: Limits, tmp_path: Path, *arguments: str, stop: threading.Event | None = None) -> Outcome:
    """Supervise a module that holds ``code``, in the folder ``tmp_path / "work"``."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "supervised.py").write_text(code)
    start = clock()
    with scratch_folder() as (_, cleanup):
        return supervise(["supervised", *arguments], folder, limits, cleanup, stop or threading.Event(), lambda: start)


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        ("import time; time.sleep(600)", "timeout", "not done after 2 s (--timeout)"),
        ("hoard = bytearray(600 << 20)\nwhile True: pass", "out-of-memory", "the limit is 0.3 GiB (--memory)"),
    ],
)
def test_a_limit_ends_the_process(code: str, status: str, reason: str, tmp_path: Path) -> None:
    outcome = run(code, Limits(2 if status == "timeout" else 60, 0.3, 1), tmp_path)
    assert outcome.ended_for and outcome.ended_for[0] == status and reason in outcome.ended_for[1]
    assert outcome.total_s < 30


def test_no_limit_on_time_waits_for_a_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[psutil.Process] = []

    def look_until_it_ends(process: psutil.Process) -> list[psutil.Process]:
        looked_at.append(process)
        psutil.wait_procs([process])
        return []

    monkeypatch.setattr(watch, "tree", look_until_it_ends)
    outcome = run("import time; time.sleep(600)", Limits(2, 4, 1), tmp_path)
    assert outcome.ended_for == ("timeout", "not done after 2 s (--timeout)") and len(looked_at) == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TooManyFilesError(), "had more than 20,000 files open"),
        (OSError(24, "Too many"), "it cannot be watched: OSErr"),
    ],
)
def test_what_cannot_be_watched_does_not_go_on(
    error: Exception, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "tree", mock.Mock(side_effect=error))
    outcome = run("import time; time.sleep(600)", Limits(60, 4, 1), tmp_path)
    assert outcome.ended_for and outcome.ended_for[0] == "failed" and reason in outcome.ended_for[1]


def test_the_process_is_ended_when_the_run_is_stopped(tmp_path: Path) -> None:
    stop = threading.Event()
    threading.Timer(1, stop.set).start()
    outcome = run("import time; time.sleep(600)", Limits(60, 4, 1), tmp_path, stop=stop)
    assert outcome.ended_for == ("interrupted", "the run was interrupted")


@pytest.mark.parametrize("arguments", [("ends",), ("hangs",)])
def test_no_child_is_left_not_even_in_a_session_of_its_own(arguments: tuple[str], tmp_path: Path) -> None:
    pid = int(run(DETACHED, Limits(3, 4, 1), tmp_path, *arguments).log)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_the_time_limit_counts_from_where_the_caller_says(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "supervised.py").write_text("import time; time.sleep(2)")
    with scratch_folder() as (_, cleanup):
        outcome = supervise(["supervised"], folder, Limits(0.5, 4, 1), cleanup, threading.Event(), clock)
    assert outcome.ended_for is None and outcome.exit_code == 0 and outcome.total_s > 2


@pytest.mark.parametrize(
    ("exit_code", "log", "text"),
    [
        (3, b"", "exit code 3 before it gave an answer"),
        (-11, b"Fatal Python error: Segmentation fault\nmore\n", "SIGSEGV; last lines of its output: Fatal Python"),
        (-9, b"", "SIGKILL from outside"),
        (-35, b"", "killed by signal 35"),
        (1, b"\xff\n\n a \nb\nc\nd\n", "last lines of its output: b | c | d"),
    ],
)
def test_how_a_process_without_an_answer_ended(exit_code: int, log: bytes, text: str) -> None:
    assert text in how_it_ended(exit_code, log)
