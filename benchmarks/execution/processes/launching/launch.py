"""Starts a process: as a fork where libraries are to be there already, else as a fresh one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence

from benchmarks.execution.processes.launching.fork_client import SERVERS, ServerEndedError
from benchmarks.execution.processes.launching.process import FreshProcess, Launch, Launched

# what a worker needs before it can do anything, and what most models of a kind are built on
SCIENTIFIC = (
    *("msgspec", "psutil", "numpy"),
    *("sklearn.decomposition", "sklearn.ensemble", "sklearn.linear_model", "sklearn.neighbors", "sklearn.svm"),
    *("sklearnex.ensemble", "sklearnex.linear_model", "sklearnex.neighbors", "sklearnex.svm"),  # where it is installed
)
NETWORKS = ("msgspec", "psutil", "numpy", "tensorflow", "keras")


def preloads_for(required: Iterable[str]) -> tuple[str, ...]:
    """Return the modules that a process which needs those ``required`` finds imported; none where nothing can fork.

    Elsewhere than on Linux libraries of the system are not safe to fork.
    """
    if sys.platform != "linux":
        return ()
    packages = {name.partition(".")[0] for name in required}
    return NETWORKS if packages & {"keras", "tensorflow"} else SCIENTIFIC


def launch(what: Launch, preloads: Sequence[str], may_wait: Callable[[], bool]) -> Launched | None:
    """Start a process, a fresh one without ``preloads``; None if ``may_wait`` said no before it could be started."""
    if preloads:
        try:
            return SERVERS.launch(what, preloads, may_wait)
        except ServerEndedError:
            pass
    return FreshProcess(what)
