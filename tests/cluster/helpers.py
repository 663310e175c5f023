"""A Dask cluster of real processes on loopback: each machine has an address, a cache and temporary files of its own."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.conftest import ROOT

SLEEPING = str(ROOT / "tests" / "plugins" / "sleeping.py")
OURS = re.compile(
    r"benchmarks\.execution\.(worker\.|processes\.orphan_cleanup)|distributed\.cli\.|-m dask (worker|sch)"
)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_until(what: Callable[[], object], seconds: float = 120) -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, f"not so after {seconds} s: {what}"
        time.sleep(0.05)


@dataclass
class Machine:
    """A worker with its folder."""

    folder: Path
    host: str
    process: subprocess.Popen[bytes]

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    def trials(self) -> list[psutil.Process]:
        """Return the processes of trials that run on this machine."""
        texts = [(one, " ".join(one.info["cmdline"] or [])) for one in psutil.process_iter(["cmdline"])]
        return [one for one, text in texts if "benchmarks.execution.worker." in text and f"{self.folder}/" in text]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the worker and to what watches it, not to its trials."""
        for one in [self.process.pid, *(child.pid for child in self.workers())]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, number)

    def workers(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.Error):
            children = psutil.Process(self.process.pid).children()
            return [child for child in children if "spawn_main" in cmdline(child)]
        return []


def cmdline(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def processes_of(folder: Path) -> list[psutil.Process]:
    """Return the processes of Dask and of digitbench whose environment names a folder, or that run in it."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            text = cmdline(process)
            places = (process.environ().get("TMPDIR", ""), process.cwd())  # a fork has the environment of its server
            if (OURS.search(text) or "spawn_main" in text) and any(place.startswith(f"{folder}") for place in places):
                found.append(process)
    return found


@dataclass
class Cluster:
    """A scheduler and its workers; ``patience`` and other settings of Dask are in ``environment``."""

    folder: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    protocol: str = "tcp"
    host: str = "127.0.0.1"
    machines: list[Machine] = field(default_factory=list)
    scheduler: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"{self.protocol}://{self.host}:{self.port}"

    def start_scheduler(self) -> None:
        if self.scheduler:
            self.scheduler.wait()
        listens = ["--protocol", self.protocol, "--host", self.host, "--port", str(self.port)]
        self.scheduler = self._dask(
            "scheduler", self.folder / "scheduler", [*listens, "--dashboard-address", f"{self.host}:0"]
        )

        def answers() -> bool:
            with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), 1):
                return True
            return False

        wait_until(answers)

    def start_worker(
        self,
        *options: str,
        root: Path = ROOT,
        own: Mapping[str, str] | None = None,
        inside: Sequence[str] = (),
    ) -> Machine:
        """Start a worker that has an address of its own, and wait until it is connected.

        ``own``: changes to its environment. ``inside``: the command that runs it.
        """
        number = len(self.machines) + 2
        host, folder = f"{self.host.rpartition('.')[0]}.{number}", self.folder / f"machine-{number}"
        words = [self.address, "--protocol", self.protocol, "--host", host, "--dashboard-address", f"{host}:0"]
        words += ["--nthreads", "1", "--name", f"m{number}", *options]
        process = self._dask("worker", folder, words, root, own, inside)
        self.machines.append(Machine(folder, host, process))
        wait_until(lambda: b"Registered to" in (folder / "log").read_bytes())
        return self.machines[-1]

    def running(self) -> Machine | None:
        """Return a machine that runs a trial now."""
        return next((machine for machine in self.machines if machine.trials()), None)

    def wait_for_trial(self) -> Machine:
        found: list[Machine | None] = []

        def runs() -> bool:
            found.append(self.running())
            return found[-1] is not None

        wait_until(runs)
        assert found[-1]
        return found[-1]

    def close(self) -> None:
        for process in processes_of(self.folder):
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGCONT)
                process.kill()
        for owned in [self.scheduler, *(machine.process for machine in self.machines)]:
            if owned:
                owned.kill()
                owned.wait()

    def _dask(
        self,
        kind: str,
        folder: Path,
        words: Sequence[str],
        root: Path = ROOT,
        own: Mapping[str, str] | None = None,
        inside: Sequence[str] = (),
    ) -> subprocess.Popen[bytes]:
        (folder / "tmp").mkdir(parents=True, exist_ok=True)
        places = {"TMPDIR": str(folder / "tmp"), "DIGITBENCH_CACHE": str(folder / "cache"), **(own or {})}
        with (folder / "log").open("ab") as log:
            return subprocess.Popen(
                [*inside, sys.executable, "-m", "dask", kind, *words],
                cwd=root,
                env={**self.environment, **places},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
