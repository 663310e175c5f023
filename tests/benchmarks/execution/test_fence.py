"""The fence: what a process behind it can and cannot do, on this system and on older ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.execution.processes import fence
from benchmarks.execution.processes.fence import own_environment, shortcomings
from benchmarks.execution.processes.fencing import landlock, refusals
from benchmarks.execution.processes.fencing.python_files import modules_in, without
from benchmarks.execution.processes.fencing.refusals import FILES, NETWORK, reason_of
from tests.conftest import ROOT

needs_fence = pytest.mark.skipif(bool(shortcomings()), reason=shortcomings() or "there is a whole fence")

ALLOWED = {
    "read a library": "__import__('sklearn.svm')",
    "read the suite": "__import__('models.svm')",
    "read its own folder": "(folder / 'request.json').read_text()",
    "write its own folder": "(folder / 'answer').write_text('x')",
    "rename in its own folder": "(folder / 'home').rename(folder / 'house')",
    "read a file it was given": "(outside / 'given').read_text()",
    "import beside a plug-in": "__import__('beside')",
    "find temporary files": "tempfile.TemporaryFile()",
    "share memory": "multiprocessing.shared_memory.SharedMemory(create=True, size=10).unlink()",
    "share a semaphore": "multiprocessing.Lock()",
    "start a program": "subprocess.run([sys.executable, '-c', 'import models.svm, beside, numpy'], check=True)",
    "end its child": "os.kill(subprocess.Popen(['sleep', '9']).pid, 9)",
    "know its processor": "[Path('/proc', name).read_text() for name in ('cpuinfo', 'meminfo', 'self/status')]",
    "have a pair of sockets": "socket.socketpair()",
    "move itself": "os.sched_setaffinity(0, os.sched_getaffinity(os.getpid()))",
    "schedule itself": "os.sched_setscheduler(os.getpid(), os.SCHED_BATCH, os.sched_param(0))",
    "have an anonymous file": "os.memfd_create('x')",
    "slow itself": "os.nice(1)",
    "lock its own file": "fcntl.flock((folder / 'request.json').open(), fcntl.LOCK_EX)",
    "ask for flags": "fcntl.fcntl(1, fcntl.F_GETFL)",
    "limit itself": "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
    "open many files": "1 / (resource.getrlimit(resource.RLIMIT_NOFILE)[1] <= 4096)",
    "touch a new file": "(folder / 'new').touch() or (folder / 'new').touch() or (folder / 'new').stat()",
    "change times in vain": "os.utime(folder / 'request.json', (1, 1))",
    "change modes in vain": "(folder / 'request.json').chmod(0o600)",
}
REFUSED = {
    "read a file": "(outside / 'secret').read_text()",
    "read a file beside one it was given": "(outside / 'given.other').read_text()",
    "list a folder": "os.listdir(outside)",
    "list the disk": "os.listdir('/')",
    "read a link to a file": "[(folder / 'l').symlink_to(outside / 'secret'), (folder / 'l').read_text()]",
    "read by its own root": "Path('/proc/self/root' + str(outside / 'secret')).read_text()",
    "read data beside a plug-in": "(plugin / 'data.txt').read_text()",
    "read a configuration": "Path('/etc/fstab').read_text()",
    "read in a program": "subprocess.run(['cat', str(outside / 'secret')], check=True)",
    "write a file": "(outside / 'secret').write_text('x')",
    "write a file it was given": "(outside / 'given').write_text('x')",
    "add to a file": "(outside / 'secret').open('a')",
    "cut a file": "os.truncate(outside / 'secret', 0)",
    "delete a file": "(outside / 'secret').unlink()",
    "rename a file": "(outside / 'secret').rename(folder / 'x')",
    "replace a file": "(folder / 'request.json').rename(outside / 'secret')",
    "link to a file": "os.link(outside / 'secret', folder / 'y')",
    "make a folder": "(outside / 'new').mkdir()",
    "write a library": "Path(json.__file__).open('a')",
    "write the suite": f"Path({str(ROOT / 'bench.py')!r}).open('a')",
    "see other processes": "os.listdir('/proc')",
    "read the command line of its parent": "Path(f'/proc/{os.getppid()}/cmdline').read_bytes()",
    "read the environment of its parent": "Path(f'/proc/{os.getppid()}/environ').read_bytes()",
    "end its parent": "os.kill(os.getppid(), 0)",
    "limit its parent": "resource.prlimit(os.getppid(), resource.RLIMIT_CORE, (0, 0))",
    "slow its parent": "os.setpriority(os.PRIO_PROCESS, os.getppid(), 5)",
    # of a group of its own; all processes of the user would be slow if that were not refused
    "slow a group": "(os.setsid(), os.setpriority(os.PRIO_PGRP, 0, 5))",
    "slow a group's disk": "call('syscall', IOPRIO_SET, 2, 0, 2 << 13 | 7)",
    "schedule its parent": "os.sched_setscheduler(os.getppid(), os.SCHED_BATCH, os.sched_param(0))",
    "move its parent": "os.sched_setaffinity(os.getppid(), os.sched_getaffinity(0))",
    "slow its parent's disk": "psutil.Process(os.getppid()).ionice(psutil.IOPRIO_CLASS_BE, 7)",
    "leave shared memory": "call('shmget', 0, 10, 0o1600)",
    "leave a semaphore": "call('semget', 0, 1, 0o1600)",
    "leave a message": "call('msgget', 0, 0o1600)",
    "leave a message in a POSIX queue": "call('mq_open', b'/fence', os.O_RDONLY | os.O_CREAT, 0o600, None)",
    "leave a key": "call('syscall', {'x86_64': 248, 'aarch64': 217}[os.uname().machine], b'user', b'x', b'y', 1, -2)",
    "read its parent's memory": "call('process_vm_readv', os.getppid(), None, 0, None, 0, 0)",
    "trace its parent": "call('ptrace', 16, os.getppid(), None, None)",
    "watch folders": "call('inotify_init1', 0)",
    "hold up readers of a file": "fcntl.fcntl((outside / 'given').open(), 1024, fcntl.F_WRLCK)",
    "be told of changes": "fcntl.fcntl(os.open(folder, 0), fcntl.F_NOTIFY, fcntl.DN_CREATE)",
    "touch a file": "(outside / 'secret').touch()",
    "change attributes": "fcntl.ioctl((folder / 'request.json').open(), 0x40086602, (0x40).to_bytes(8, 'little'))",
    "have a namespace": "call('unshare', 0x10000000)",
    "have a namespace of a new process": "call('syscall', CLONE, 0x10000000 | 17, None, None, None, None)",
    "have a user namespace with clone3": "call('syscall', 435, None, 0)",
    "be another user": "os.setuid(os.getuid())",
    "be another user's group": "os.setresgid(*os.getresgid())",
    "be another user for files": "call('capset', None, None)",
    "mount": "call('mount', None, b'/tmp', None, 1 << 18, None)",
    "use TCP": "socket.socket()",
    "use UDP": "socket.socket(type=socket.SOCK_DGRAM)",
    "use local sockets": "socket.socket(socket.AF_UNIX)",
    "find a host": "socket.getaddrinfo('example.org', 80)",
}
EXPLAINED = {
    **dict.fromkeys(("read a file", "list a folder", "write a file", "make a folder", "write the suite"), FILES),
    **dict.fromkeys(("use TCP", "find a host"), NETWORK),
    **dict.fromkeys(("read in a program", "mount", "end its parent"), ""),
}
SCRIPT = """
import ctypes, fcntl, json, multiprocessing, multiprocessing.shared_memory, os, psutil, resource, socket, subprocess
import sys, tempfile
from pathlib import Path
from benchmarks.execution.processes.fencing import landlock, system_calls
from benchmarks.execution.processes.fence import Rules, enter
from benchmarks.execution.processes.fencing.refusals import reason_of

def call(name, *arguments):
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)

CLONE = {"x86_64": 56, "aarch64": 220}.get(os.uname().machine)
IOPRIO_SET = {"x86_64": 251, "aarch64": 30}.get(os.uname().machine)
folder, outside, plugin = map(Path, sys.argv[1:4])
if version := json.loads(sys.argv[4]):
    landlock.version = lambda: version
enter(folder, Rules(reads=(str(outside / "given"),)), [plugin])
found = {}
for name, attempt in json.loads(sys.argv[5]).items():
    try:
        eval(attempt)
        found[name] = ""
    except (OSError, psutil.Error, subprocess.CalledProcessError) as error:
        found[name] = reason_of(error)
print(json.dumps(found))
"""


def attempt(tmp_path: Path, attempts: dict[str, str], version: int = 0) -> dict[str, str]:
    """Return the result of each attempt behind the fence: the reason of its failure, or nothing."""
    folder, outside, plugin = (tmp_path / name for name in ("folder", "outside", "plugin"))
    for place, files in (
        (folder, ("request.json",)),
        (outside, ("given", "given.other", "secret")),
        (plugin, ("data.txt", "beside.py")),
    ):
        place.mkdir()
        for name in files:
            (place / name).write_text("")
    environment = own_environment({"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}, folder)
    arguments = [str(folder), str(outside), str(plugin), str(version), json.dumps(attempts)]
    command = [sys.executable, "-c", SCRIPT, *arguments]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return attempt(tmp_path_factory.mktemp("fence"), {**REFUSED, **ALLOWED})


@needs_fence
@pytest.mark.parametrize("name", ALLOWED)
def test_what_libraries_need_is_allowed(outcome: dict[str, str], name: str) -> None:
    assert outcome[name] == ""


@needs_fence
@pytest.mark.parametrize("name", REFUSED)
def test_everything_else_is_refused(outcome: dict[str, str], name: str) -> None:
    kinds = ("PermissionError", "OSError", "CalledProcessError", "AccessDenied", "gaierror")
    assert outcome[name].partition(":")[0] in kinds


@needs_fence
@pytest.mark.parametrize("name", EXPLAINED)
def test_what_the_fence_refuses_is_said_with_what_to_do(outcome: dict[str, str], name: str) -> None:
    assert outcome[name].rpartition("; ")[2] == EXPLAINED[name] if EXPLAINED[name] else ";" not in outcome[name]


def test_an_error_that_led_to_another_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "_is_closed", lambda path: path == tmp_path / "data.csv")
    error = ValueError("no data")
    error.__cause__ = PermissionError(13, "Permission denied", str(tmp_path / "data.csv"))
    assert reason_of(error) == f"ValueError: no data; {FILES}"
    error.__cause__ = PermissionError(13, "Permission denied", str(tmp_path / "other.csv"))
    assert reason_of(error) == "ValueError: no data"
    error.__cause__ = error
    assert reason_of(error) == "ValueError: no data"


@needs_fence
@pytest.mark.parametrize("version", [1, 3, 5])
def test_older_systems_have_what_they_can(tmp_path: Path, version: int) -> None:
    names = ("read a file", "write a file", "list the disk", "use UDP")
    found = attempt(tmp_path, {**{name: REFUSED[name] for name in names}, **ALLOWED}, version)
    assert all(found[name].startswith("PermissionError: ") for name in names)
    assert not any(found[name] for name in ALLOWED)


@pytest.mark.parametrize(
    ("version", "filters", "words"),
    [
        (7, True, ()),
        (6, True, ()),
        (5, True, ("end your processes",)),
        (2, True, ("shorten files", "end your processes")),
        (7, False, ("use UDP and local sockets",)),
        (3, False, ("end your processes", "use the network")),
        (0, True, ("no fence around models",)),
    ],
)
def test_what_is_missing_is_said(
    monkeypatch: pytest.MonkeyPatch, version: int, filters: bool, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr(landlock, "version", lambda: version)
    monkeypatch.setattr(fence, "can_filter", lambda: filters)
    said = shortcomings()
    assert bool(said) == bool(words) and all(word in said for word in words) and "\n" not in said


def test_a_hidden_folder_among_libraries_is_left_out_with_nothing_beside_it(tmp_path: Path) -> None:
    for name in ("package/a", "package/data/results/x", "package/data/code/y", "other/z"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "package" / "link").symlink_to(tmp_path / "package" / "data" / "results")
    hidden = [str(tmp_path / "package/data/results"), str(tmp_path / "elsewhere")]
    found = without([str(tmp_path / "package"), str(tmp_path / "other"), hidden[0]], hidden)
    assert {Path(path).relative_to(tmp_path).as_posix() for path in found} == {
        "package/a",
        "package/data/code",
        "other",
    }


def test_modules_and_packages_are_what_can_be_imported(tmp_path: Path) -> None:
    for name in ("a.py", "b.txt", "c/__init__.py", "d/e.py", "f.dist-info/METADATA", "labels.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [Path(path).name for path in modules_in(str(tmp_path))] == ["a.py", "c", "f.dist-info"]


def test_the_environment_of_a_worker_names_no_place_of_the_bench(tmp_path: Path) -> None:
    given = {"DIGITBENCH_CACHE": "/c", "DIGITBENCH_DATA": "/d", "KERAS_HOME": "/k", "HOME": "/h", "LANG": "C"}
    own = own_environment(given, tmp_path)
    assert own["LANG"] == "C" and not {"/c", "/d", "/k", "/h"} & {*own.values()}
    assert all(Path(own[name]).is_relative_to(tmp_path) for name in ("HOME", "TMPDIR", "KERAS_HOME", "XDG_CACHE_HOME"))


COST = """
import sys, tempfile, time
from pathlib import Path
from benchmarks.execution.processes.fence import Rules, enter
start = time.process_time()
enter(Path(sys.argv[1]), Rules(), [Path(sys.argv[1])])
entered = time.process_time()
for _ in range(150_000):
    pass
print((entered - start) / (time.process_time() - entered))
"""


@needs_fence
def test_entering_the_fence_takes_less_than_five_milliseconds(tmp_path: Path) -> None:
    def share_of_five_milliseconds(number: int) -> float:
        """Return the time by what counting takes, which is about five milliseconds where nothing else runs."""
        folder = tmp_path / str(number)
        folder.mkdir()
        command = [sys.executable, "-c", COST, str(folder)]
        return float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)

    assert 0 < min(map(share_of_five_milliseconds, range(5))) < 1
