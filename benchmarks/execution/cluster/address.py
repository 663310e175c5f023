"""What ``--cluster`` names: a scheduler that runs, workers on this machine, or jobs of a queueing system."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.common.dependencies import missing_modules
from benchmarks.common.errors import BenchError

SCHEMES = ("tcp", "tls")
MOST_WORKERS = 1024
FORMS = (
    "tcp://HOST:PORT or tls://HOST:PORT of a Dask scheduler, local:N for N workers on this machine, "
    "or FILE.yaml:N or package.module.Class:N for N jobs of dask-jobqueue"
)


@dataclass(frozen=True)
class ClusterAddress:
    """Where the workers come from. ``workers``: how many are started; 0 where they are there already.

    ``text``: the address of a scheduler, the path of a YAML file, or the name of a class.
    """

    kind: Literal["scheduler", "local", "file", "class"]
    text: str
    workers: int = 0

    @property
    def on_this_machine(self) -> bool:
        """Whether every worker is a process of this machine."""
        return self.kind == "local"


def parse_address(text: str) -> ClusterAddress:
    """Read the value of ``--cluster``; raises ``BenchError`` for what is none, or if Dask is not installed."""
    address = _parsed(text.strip())
    needed = ["distributed", *(["dask_jobqueue"] if address.kind == "file" else [])]
    if missing := missing_modules(needed):
        raise BenchError(f"--cluster needs {' and '.join(missing)}; install with: pip install '.[cluster]'")
    return address


def _parsed(text: str) -> ClusterAddress:
    scheme, separator, rest = text.partition("://")
    if separator:
        if scheme in SCHEMES and _is_host_and_port(rest):
            return ClusterAddress("scheduler", text)
        raise BenchError(f"--cluster '{text[:80]}' should be {FORMS}")
    name, _, number = text.rpartition(":") if ":" in text else (text, "", "1")
    workers = int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else 0
    if not 1 <= workers <= MOST_WORKERS:
        raise BenchError(f"--cluster '{text[:80]}': the number of workers should be 1 to {MOST_WORKERS}")
    if name == "local":
        return ClusterAddress("local", name, workers)
    if name.endswith((".yaml", ".yml")):
        if not Path(name).is_file():
            raise BenchError(f"--cluster {name[:80]}: there is no such file")
        return ClusterAddress("file", name, workers)
    if re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", name):
        return ClusterAddress("class", name, workers)
    raise BenchError(f"--cluster '{text[:80]}' should be {FORMS}")


def _is_host_and_port(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host) and not re.search(r"[\s/]", host) and port.isascii() and port.isdecimal() and int(port) < 65536
