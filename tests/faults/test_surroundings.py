"""Disks that are full, locks that cannot be had, and benches that are killed: one line, nothing lost, nothing left."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks.common.errors import BenchError
from benchmarks.common.file_lock import file_lock, try_lock
from benchmarks.execution.processes.machine_lock import machine_lock
from benchmarks.execution.processes.scratch import delete_abandoned, scratch_folder
from benchmarks.records.store import ResultStore
from tests.cli_helpers import QUICK, copied_dataset
from tests.conftest import Bench, a_result

ENDLESS = """
import os, subprocess, sys, time
from models.spec import ModelSpec
class Endless:
    def fit(self, X, y):
        if os.fork() == 0:
            os.setsid()
            os.execve(sys.executable, [sys.executable, "-c", "import time; time.sleep(3600)", __file__], {})
        time.sleep(3600)
MODELS = (ModelSpec("endless", "m", "never ends", lambda context: Endless(), features=("pixels",)),)
"""


@contextlib.contextmanager
def small_disk(place: Path, options: str) -> Iterator[Path]:
    """Mount a small file system in memory, where root may."""
    place.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    if os.getuid() or not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("only root can mount a file system, and not in every container")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode in (1, 2) and "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    return done.stderr.strip()


@pytest.mark.slow
@pytest.mark.parametrize("options", ["size=200k", "size=100m,nr_inodes=6"], ids=["full", "without inodes"])
def test_no_room_for_temporary_files(
    options: str, bench_process: Bench, environment: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    assert bench_process("--models", "dummy", *QUICK).returncode == 0
    with small_disk(tmp_path / "small", options) as disk:
        environment["TMPDIR"] = str(disk)
        done = bench_process("--models", "dummy,knn", *QUICK, "--force")
        said = one_line(done)
        assert "TMPDIR" in said or "failed" in done.stdout
    assert ResultStore(tmp_path, "local", "digits").load("dummy@pixels-s0") is not None


@pytest.mark.slow
@pytest.mark.parametrize("options", ["size=100k", "size=100m,nr_inodes=12"], ids=["full", "without inodes"])
def test_no_room_for_results(options: str, bench_process: Bench, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", options) as disk:
        done = bench_process("--models", "dummy,knn", *QUICK, "--results-dir", str(disk))
        assert "free disk space" in one_line(done) and one_line(done).count("\n") == 0
        assert ResultStore(disk, "local", "digits").damaged() == {}


@pytest.mark.parametrize("kind", ["folder", "FIFO", "link", "EIO", "ENOLCK"])
def test_a_lock_that_cannot_be_had_is_an_error_and_no_wait(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_lock(tmp_path / "lock", kind, monkeypatch)
    with pytest.raises(OSError), file_lock(tmp_path / "lock"):
        pass


@pytest.mark.parametrize("kind", ["folder", "FIFO", "link", "EIO", "ENOLCK"])
def test_a_foreign_lock_of_the_machine_or_of_a_run_gives_one_line(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    break_lock(tmp_path / f"digitbench-{os.getuid()}.lock", kind, monkeypatch)
    with pytest.raises(BenchError, match=r"cannot lock .* TMPDIR"), machine_lock(tmp_path, lambda: False, print):
        pass
    store = ResultStore(tmp_path, "local", "digits")
    store.folder.mkdir(parents=True)
    break_lock(store.folder / ".lock", kind, monkeypatch)
    with pytest.raises(BenchError, match="cannot write"):
        store.save(a_result(), None)


def break_lock(path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(getattr(errno, kind), os.strerror(getattr(errno, kind)))

    match kind:
        case "folder":
            path.mkdir()
        case "FIFO":
            os.mkfifo(path)
        case "link":
            path.symlink_to("/dev/null")
        case _:
            monkeypatch.setattr(fcntl, "flock", fail)


def test_a_lock_that_another_process_holds_is_waited_for_and_not_for_ever(tmp_path: Path) -> None:
    held = try_lock(tmp_path / "lock")
    assert held is not None and try_lock(tmp_path / "lock") is None
    with pytest.raises(TimeoutError), file_lock(tmp_path / "lock", longest_s=0.1):
        pass
    os.close(held)
    with file_lock(tmp_path / "lock"):
        pass


def test_a_lock_that_was_deleted_is_not_held(tmp_path: Path) -> None:
    held = try_lock(tmp_path / "lock")
    (tmp_path / "lock").unlink()
    with file_lock(tmp_path / "lock"):
        pass
    assert held is not None
    os.close(held)


def test_what_a_killed_bench_left_is_deleted_and_what_another_uses_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    others = {"digitbench-mine": None, "other-folder": None}
    for name in others:
        (tmp_path / name).mkdir()
    (tmp_path / "digitbench-link").symlink_to(tmp_path / "other-folder")
    left = tmp_path / "digitbench-left"
    left.mkdir()
    (left / ".owner").touch()
    with scratch_folder() as (used, _):
        delete_abandoned(tmp_path)
        assert used.is_dir() and not left.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["digitbench-link", *sorted(others)]
    os.utime(tmp_path / "digitbench-mine", (0, 0))
    delete_abandoned(tmp_path)
    assert not (tmp_path / "digitbench-mine").exists()


@pytest.mark.slow
def test_a_bench_and_its_guard_are_killed_and_nothing_goes_on(
    started_bench: Callable[..., subprocess.Popen[str]], bench_process: Bench, tmp_path: Path
) -> None:
    plugin = tmp_path / "endless_models.py"
    plugin.write_text(ENDLESS)
    process = started_bench("--plugin", str(plugin), "--models", "endless", *QUICK)
    wait_until(lambda: any("-c" in line for line in of_this_test(tmp_path)))
    guards = [one for one in psutil.Process(process.pid).children() if "orphan_cleanup" in " ".join(one.cmdline())]
    assert len(guards) == 1
    guards[0].kill()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait_until(lambda: not of_this_test(tmp_path))
    assert list((tmp_path / "scratch").glob("digitbench-*/"))
    assert bench_process("--models", "dummy", *QUICK).returncode == 0
    assert not list((tmp_path / "scratch").glob("digitbench-*/"))


def of_this_test(tmp_path: Path) -> list[list[str]]:
    """Return the command lines of worker processes of this test, and of what they started."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = process.info["cmdline"] or []
        if process.info["status"] != psutil.STATUS_ZOMBIE and any(str(tmp_path) in word for word in line):
            found.append(line)
    return [line for line in found if not any(word.endswith("bench.py") for word in line)]


def wait_until(holds: Callable[[], bool], within_s: float = 60) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_report_goes_on_after_a_damaged_dataset(bench_process: Bench, tmp_path: Path) -> None:
    assert bench_process("--models", "dummy", *QUICK).returncode == 0
    for name, content in (("a-first", "{"), ("z-last", None)):
        copied_dataset(tmp_path / "local/digits", name)
        if content:
            (tmp_path / "local" / name / "dataset.json").write_text(content)
    (tmp_path / "local/z-last/report.html").unlink()
    done = bench_process("report")
    assert done.returncode == 2 and "a-first" in done.stderr and done.stderr.count("\n") == 1
    assert (tmp_path / "local/z-last/report.html").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("place", ["trials/dummy@pixels-s0.json", "dataset.json"])
def test_a_folder_in_place_of_a_stored_file_is_named_and_replaced(
    place: str, bench_process: Bench, tmp_path: Path
) -> None:
    assert bench_process("--models", "dummy,knn", *QUICK).returncode == 0
    path = tmp_path / "local/digits" / place
    path.unlink()
    (path / "inner").mkdir(parents=True)
    done = bench_process("report")
    assert path.name in done.stdout + done.stderr and "Traceback" not in done.stderr
    assert bench_process("--models", "dummy,knn", *QUICK).returncode == 0
    assert path.is_file()


@pytest.mark.slow
def test_a_dataset_file_that_vanishes_during_a_run_loses_no_result(
    started_bench: Callable[..., subprocess.Popen[str]], bench_process: Bench, tmp_path: Path
) -> None:
    process = started_bench("--models", "dummy,knn", *QUICK)
    wait_until(lambda: (tmp_path / "local/digits/dataset.json").exists())
    shutil.move(tmp_path / "local/digits/dataset.json", tmp_path / "moved.json")
    printed = process.communicate(timeout=120)[0]
    assert process.returncode in (1, 2) and "Traceback" not in printed
    done = bench_process("--models", "dummy,knn", *QUICK)
    assert done.returncode == 0 and done.stdout.count("ok, reused") == 2
