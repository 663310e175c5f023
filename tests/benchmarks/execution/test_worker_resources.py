"""The memory of a tree, counted once; output, of which the ends are kept; folders that resist deletion."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from benchmarks.common.deletion import delete_tree
from benchmarks.execution.processes.output import HALF, LARGEST, Output, OutputPipe
from benchmarks.execution.processes.watching import open_files, shared_memory
from benchmarks.execution.processes.watching.leftovers import Leftovers
from benchmarks.execution.processes.watching.memory import TreeMemory, rss_mb
from benchmarks.execution.processes.watching.open_files import TooManyFilesError
from benchmarks.execution.processes.watching.shared_memory import SharedFiles

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
FORKS = """
import os, time
hoard = bytearray(b"x") * (200 << 20)
children = []
for _ in range(3):
    child = os.fork()
    if child == 0:
        time.sleep(600)
    children.append(child)
print("up", flush=True)
time.sleep(600)
"""


@contextmanager
def running(code: str) -> Iterator[psutil.Process]:
    """Run code that prints a line when it is ready; all its processes are killed at the end."""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout and process.stdout.readline()
        yield psutil.Process(process.pid)
        os.killpg(process.pid, signal.SIGKILL)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


HOLDS = "import time\nf = open({!r}, 'wb', 0)\nf.write(bytes(5 << 20))\nprint('up', flush=True)\ntime.sleep(60)"


@LINUX
def test_memory_that_forked_processes_share_counts_once() -> None:
    with running(FORKS) as parent:
        members = [parent, *parent.children()]
        assert rss_mb(members) > 800
        assert 200 < TreeMemory(limit_mb=8192).held_mb(members) < 300


@LINUX
def test_files_in_shared_memory_count_and_are_deleted(tmp_path: Path) -> None:
    (tmp_path / "of-another").write_bytes(bytes(1 << 20))
    shared = SharedFiles(tmp_path)
    with running(HOLDS.format(str(tmp_path / "own"))) as process:
        (tmp_path / "of-a-neighbour").write_bytes(bytes(1 << 20))
        assert 4.9 < shared.unmapped_mb([process]) < 5.5
    shared.delete()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["of-a-neighbour", "of-another"]


NAMELESS = """
import os, time
os.chdir({folder!r})
first, second = os.open("x", os.O_RDWR | os.O_CREAT), os.memfd_create("y")
os.unlink("x")
for descriptor in (first, second, os.dup(second)):
    os.pwrite(descriptor, bytes(5 << 20), 0)
print("up", flush=True)
time.sleep(60)
"""


@LINUX
def test_files_in_memory_without_a_name_count_once(tmp_path: Path) -> None:
    shared = SharedFiles(tmp_path)
    with running(NAMELESS.format(folder=str(tmp_path))) as process:
        assert 9.9 < shared.unmapped_mb([process, process]) < 10.5


@LINUX
def test_more_open_files_than_can_be_looked_at_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = SharedFiles(tmp_path)
    with running(HOLDS.format(str(tmp_path / "own"))) as process:
        assert shared.unmapped_mb([process]) > 4
        monkeypatch.setattr(open_files, "MOST_FILES", 3)
        with pytest.raises(TooManyFilesError):
            shared.unmapped_mb([process])


@LINUX
def test_a_folder_in_shared_memory_counts_with_all_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = SharedFiles(tmp_path)
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "folder" / "more").write_bytes(bytes(1 << 20))
    with running(HOLDS.format(str(tmp_path / "folder" / "inner" / "own"))) as process:
        assert 5.9 < shared.unmapped_mb([process]) < 6.5
        monkeypatch.setattr(shared_memory, "MOST_FILES", 2)
        with pytest.raises(TooManyFilesError):
            shared.unmapped_mb([process])
    shared.delete()
    assert not list(tmp_path.iterdir())


@LINUX
def test_what_appeared_in_shared_memory_is_deleted_unless_somebody_uses_it(tmp_path: Path) -> None:
    (tmp_path / "before").touch()
    with contextlib.ExitStack() as stack, Leftovers(tmp_path).deleted():
        stack.enter_context(running(HOLDS.format(str(tmp_path / "used"))))
        (tmp_path / "left").write_text("labels")
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "left").touch()
    assert names(tmp_path) == ["before", "used"]


def test_of_trials_at_the_same_time_the_last_that_may_have_left_a_file_deletes_it(tmp_path: Path) -> None:
    leftovers = Leftovers(tmp_path)
    first, second, third = (leftovers.deleted() for _ in range(3))
    with second:
        with first:
            (tmp_path / "of-first-or-second").touch()
        (tmp_path / "of-second").touch()
        with third:
            (tmp_path / "of-second-or-third").touch()
            assert names(tmp_path) == ["of-first-or-second", "of-second", "of-second-or-third"]
    assert names(tmp_path) == []


def test_a_trial_touches_nothing_that_only_another_can_have_made(tmp_path: Path) -> None:
    leftovers = Leftovers(tmp_path)
    first, second = contextlib.ExitStack(), contextlib.ExitStack()
    first.enter_context(leftovers.deleted())
    (tmp_path / "of-first").touch()
    second.enter_context(leftovers.deleted())
    (tmp_path / "of-both").touch()
    first.close()
    assert names(tmp_path) == ["of-both"]
    (tmp_path / "of-second").touch()
    second.close()
    assert names(tmp_path) == []


@LINUX
def test_a_file_that_a_trial_left_and_another_uses_is_deleted_after_that(tmp_path: Path) -> None:
    leftovers = Leftovers(tmp_path)
    with contextlib.ExitStack() as second:
        with leftovers.deleted():
            (tmp_path / "of-first").touch()
            second.enter_context(leftovers.deleted())
            opened = (tmp_path / "of-first").open()
        assert names(tmp_path) == ["of-first"]
        opened.close()
    assert names(tmp_path) == []


@pytest.mark.parametrize("n", [0, 10, LARGEST, LARGEST + 1, 5 * LARGEST])
@pytest.mark.parametrize("piece", [1 << 10, 1 << 22])
def test_of_much_output_the_beginning_and_the_end_are_kept(n: int, piece: int) -> None:
    printed, output = os.urandom(n), Output()
    for start in range(0, n, piece):
        output.add(printed[start : start + piece])
    if n <= LARGEST:
        assert output.content() == printed
    else:
        assert output.content().startswith(printed[:HALF]) and output.content().endswith(printed[-HALF:])
        assert b"%d bytes left out" % (n - LARGEST) in output.content()[HALF:-HALF]


@pytest.mark.timeout(20)
def test_output_is_not_waited_for_where_a_process_keeps_the_pipe() -> None:
    pipe = OutputPipe()
    kept = os.dup(pipe.writing_end)
    os.write(kept, b"some")
    pipe.started()
    assert pipe.close() == b"some"
    os.close(kept)


def test_a_folder_is_deleted_however_deep_it_is(tmp_path: Path) -> None:
    place, outside = tmp_path / "place", tmp_path / "outside"
    place.mkdir()
    outside.mkdir()
    (outside / "kept").write_text("1")
    here = Path.cwd()
    os.chdir(place)
    try:
        for _ in range(1200):
            Path("d" * 50).mkdir()
            os.chdir("d" * 50)
        Path("link").symlink_to(outside)
        os.mkfifo("fifo")
    finally:
        os.chdir(here)
    (place / "closed").mkdir()
    (place / "closed" / "file").write_text("1")
    (place / "closed").chmod(0)
    delete_tree(place)
    assert not place.exists() and (outside / "kept").exists()


def test_a_link_in_place_of_a_folder_is_deleted_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "outside")
    delete_tree(tmp_path / "link")
    delete_tree(tmp_path / "absent")
    assert [path.name for path in tmp_path.iterdir()] == ["outside"]
