"""A fork is to what it runs what a fresh process would be: the same folder, environment, descriptors, and end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from benchmarks.common.clock import clock
from benchmarks.execution.processes.launching import launch as launching
from benchmarks.execution.processes.launching.fork_client import MOST_SERVERS, ForkServers
from benchmarks.execution.processes.launching.launch import NETWORKS, SCIENTIFIC, preloads_for
from benchmarks.execution.processes.launching.process import ForkedProcess, Launch
from benchmarks.execution.processes.output import OutputPipe
from benchmarks.execution.processes.scratch import scratch_folder
from benchmarks.execution.processes.supervisor import Limits, Outcome, supervise
from tests.conftest import ROOT

PRELOADS = ("json", "msgspec", "numpy", "psutil")
LIMITS = Limits(60, 4, 1)

ABOUT_ITSELF = """
import json, os, signal, sys, tempfile
descriptors = {}
for name in os.listdir("/proc/self/fd"):
    try:
        descriptors[int(name)] = os.readlink(f"/proc/self/fd/{name}").partition(":")[0]
    except OSError:
        pass
mark = os.environ["DIGITBENCH_PROCESS"]
print(json.dumps({
    "folder": os.getcwd(),
    "arguments": sys.argv[1:],
    "environment": dict(os.environ),
    "mark is where the system looks": mark.encode() in open("/proc/self/environ", "rb").read(),
    "mark of C": __import__("subprocess").check_output(["printenv", "DIGITBENCH_PROCESS"], text=True).strip() == mark,
    "temporary": tempfile.gettempdir(),
    "path": sys.path,
    "signals": {str(n): str(signal.getsignal(n)) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)},
    "leads its session": os.getsid(0) == os.getpid(),
    "descriptors": sorted(descriptors.items()),
    "name": __name__,
}))
"""


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[ForkServers]:
    """Give servers of this test alone."""
    own = ForkServers()
    monkeypatch.setattr(launching, "SERVERS", own)
    yield own
    own.close()


def run(
    folder: Path, code: str, *arguments: str, preloads: tuple[str, ...] = PRELOADS, channel: int | None = None
) -> Outcome:
    """Supervise a module that holds ``code``, in a new ``folder``."""
    folder.mkdir()
    (folder / "supervised.py").write_text(code)
    start, command = clock(), ["supervised", *arguments]
    with scratch_folder() as (_, cleanup):
        return supervise(command, folder, LIMITS, cleanup, threading.Event(), lambda: start, channel, preloads)


def test_a_fork_is_what_a_fresh_process_would_be(servers: ForkServers, tmp_path: Path) -> None:
    def of(preloads: tuple[str, ...]) -> object:
        reading, writing = os.pipe()
        try:
            outcome = run(
                tmp_path / f"run{len(preloads)}", ABOUT_ITSELF, "a", "b c", preloads=preloads, channel=writing
            )
        finally:
            os.close(reading)
            os.close(writing)
        assert outcome.exit_code == 0, outcome.log
        about = json.loads(outcome.log)
        del about["environment"]["DIGITBENCH_PROCESS"]
        return json.loads(json.dumps(about).replace(f"run{len(preloads)}", "run"))

    assert of(PRELOADS) == of(())


def test_what_is_to_be_imported_is_there_and_nothing_of_the_suites_models(servers: ForkServers, tmp_path: Path) -> None:
    code = "import sys; print(*sorted(name for name in sys.modules))"
    outcome = run(tmp_path / "run", code)
    found = set(outcome.log.decode().split())
    assert {*PRELOADS} <= found and outcome.shared_imports_s is not None and outcome.shared_imports_s > 0
    assert not [name for name in found if name.partition(".")[0] in ("models", "features")]
    assert run(tmp_path / "fresh", code, preloads=()).shared_imports_s is None


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("", 0),
        ("import sys; sys.exit(7)", 7),
        ("import os; os._exit(3)", 3),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("raise ValueError('what went wrong')", 1),
    ],
)
def test_its_end_and_its_last_words_are_told(servers: ForkServers, tmp_path: Path, code: str, exit_code: int) -> None:
    outcome = run(tmp_path / "run", code)
    assert outcome.exit_code == exit_code and outcome.ended_for is None
    assert b"what went wrong" in outcome.log or exit_code != 1


def test_several_run_at_once_and_no_two_draw_the_same_numbers(servers: ForkServers, tmp_path: Path) -> None:
    code = "import random, numpy; print(random.random(), numpy.random.random())"
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda i: run(tmp_path / str(i), code), range(8)))
    assert all(outcome.exit_code == 0 for outcome in outcomes)
    assert len({number for outcome in outcomes for number in outcome.log.split()}) == 16


def test_a_server_that_was_killed_is_replaced_and_its_process_does_not_go_on(
    servers: ForkServers, tmp_path: Path
) -> None:
    code = (
        "import os, signal; print(os.getpid(), flush=True); os.kill({}, signal.SIGKILL); import time; time.sleep(600)"
    )
    above_it = "psutil.Process(os.getppid()).ppid()"  # its subreaper is between
    outcome = run(tmp_path / "run", "import psutil\n" + code.format(above_it))
    assert outcome.exit_code is None and not psutil.pid_exists(int(outcome.log.split()[0]))
    assert run(tmp_path / "again", "").exit_code == 0


def test_a_server_that_does_not_answer_is_replaced(
    servers: ForkServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.execution.processes.launching.fork_client.LONGEST_ANSWER_S", 0.5)
    (server,) = set(run(tmp_path / "run", "import os, psutil; print(psutil.Process(os.getppid()).ppid())").log.split())
    psutil.Process(int(server)).suspend()
    outcome = run(tmp_path / "again", "print('here')")
    assert (outcome.exit_code, outcome.log) == (0, b"here\n") and not psutil.pid_exists(int(server))


def test_who_has_ended_and_is_reaped_by_nobody_has_ended() -> None:
    status, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    process = ForkedProcess(pid, status, 0.0, lambda: None)
    os.close(told)  # the server has ended
    assert process.close() is None
    os.waitpid(pid, 0)


def test_names_of_any_bytes_are_passed_on(servers: ForkServers, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"odd\xff")
    outcome = run(folder, "import os, sys; print(os.getcwdb(), os.fsencode(sys.argv[1]))", os.fsdecode(b"\xfe"))
    assert outcome.log.decode() == f"{os.fsencode(folder)!r} {bytes([254])!r}\n"


def test_of_many_servers_those_are_ended_that_are_not_used(servers: ForkServers) -> None:
    started = [servers.server({"NUMBER": str(i)}, ()) for i in range(2 * MOST_SERVERS)]
    assert [server._process.returncode is None for server in started] == [False] * MOST_SERVERS + [True] * MOST_SERVERS


def test_a_fork_of_the_bench_has_servers_of_its_own(tmp_path: Path) -> None:
    code = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from benchmarks.execution.processes.launching.fork_client import SERVERS
first = SERVERS.server({{}}, ())
pid = os.fork()
if pid == 0:
    print(SERVERS.server({{}}, ()) is not first, flush=True)
    SERVERS.close()
    os._exit(0)
os.waitpid(pid, 0)
print(SERVERS.server({{}}, ()) is first and first._process.poll() is None)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout == "True\nTrue\n" and not done.stderr


def test_the_output_ends_although_a_fork_of_the_bench_could_go_on_with_it() -> None:
    printed = OutputPipe()
    os.write(printed.writing_end, b"text")
    pid = os.fork()
    if pid == 0:
        signal.pause()
    try:
        assert printed.close() == b"text"
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_the_memory_of_a_fork_is_that_of_a_process_which_has_imported_the_same(
    servers: ForkServers, tmp_path: Path
) -> None:
    modules = ("psutil", "msgspec", "numpy", "sklearn.linear_model")
    code = f"import {', '.join(modules)}\nfrom benchmarks.execution.processes.process_tree import own_peak_mb\n"
    code += "print(own_peak_mb())"
    fresh, forked = (
        float(run(tmp_path / f"run{len(preloads)}", code, preloads=preloads).log) for preloads in ((), modules)
    )
    assert forked == pytest.approx(fresh, rel=0.15)


def test_a_module_that_cannot_be_imported_is_left_to_who_needs_it(servers: ForkServers, tmp_path: Path) -> None:
    outcome = run(tmp_path / "run", "import nowhere_to_be_found", preloads=(*PRELOADS, "nowhere_to_be_found"))
    assert b"ModuleNotFoundError" in outcome.log


def test_without_a_server_it_is_a_fresh_process(
    servers: ForkServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.execution.processes.launching.fork_client.SERVER", "no_such_module")
    outcome = run(tmp_path / "run", "print('here')")
    assert (outcome.exit_code, outcome.log, outcome.shared_imports_s) == (0, b"here\n", None)


def test_a_server_ends_with_who_started_it(tmp_path: Path) -> None:
    code = f"""
import os, signal, sys
sys.path.insert(0, {str(ROOT)!r})
from benchmarks.execution.processes.launching.fork_client import SERVERS
print(SERVERS.server(dict(os.environ), ())._process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    pid = int(done.stdout)
    _, alive = psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=30)
    assert not alive


def test_environments_that_differ_have_servers_of_their_own(servers: ForkServers, tmp_path: Path) -> None:
    of_one = servers.server({"OMP_NUM_THREADS": "1", "HOME": "/a", "TMPDIR": "/b"}, PRELOADS)
    assert servers.server({"OMP_NUM_THREADS": "1", "HOME": "/c", "TMPDIR": "/d"}, PRELOADS) is of_one
    assert servers.server({"OMP_NUM_THREADS": "2", "HOME": "/a", "TMPDIR": "/b"}, PRELOADS) is not of_one
    assert servers.server({"OMP_NUM_THREADS": "1", "HOME": "/a", "TMPDIR": "/b"}, ()) is not of_one


def test_who_is_told_to_stop_does_not_wait_for_imports(servers: ForkServers, tmp_path: Path) -> None:
    (tmp_path / "endless.py").write_text("import time\ntime.sleep(600)")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    answers = iter((True, False))
    what = Launch("supervised", (), tmp_path, environment, output=1)
    assert launching.launch(what, ("endless",), lambda: next(answers)) is None


@pytest.mark.parametrize(
    ("required", "preloads"),
    [((), SCIENTIFIC), (("sklearn",), SCIENTIFIC), (("xgboost",), SCIENTIFIC), (("sklearn", "keras"), NETWORKS)],
)
def test_what_is_imported_beforehand_follows_from_what_is_needed(
    required: tuple[str, ...], preloads: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert preloads_for(required) == preloads
    monkeypatch.setattr(sys, "platform", "darwin")
    assert preloads_for(required) == ()
