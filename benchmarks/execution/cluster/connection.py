"""The connection to a Dask cluster, which is started first where ``--cluster`` asks for that."""

from __future__ import annotations

import contextlib
import logging
import shlex
from collections.abc import Iterator
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from benchmarks.common.bounded_reading import read_file
from benchmarks.common.errors import BenchError, in_one_line
from benchmarks.common.paths import ROOT
from benchmarks.execution.cluster.address import ClusterAddress
from benchmarks.execution.cluster.loopback import loopback_cluster
from benchmarks.execution.processes.orphan_cleanup import OrphanCleanup

if TYPE_CHECKING:
    from distributed import Client

CONNECT_S = 15
LARGEST_CONFIGURATION = 1 << 20  # bytes


@contextlib.contextmanager
def connected(address: ClusterAddress, scratch: Path, cleanup: OrphanCleanup) -> Iterator[Client]:
    """Give a client of the cluster; what was started for it ends with the context. Raises ``BenchError``."""
    from distributed import Client

    with contextlib.ExitStack() as started:
        started.enter_context(_quiet())
        if address.kind == "local":
            target: Any = started.enter_context(loopback_cluster(address.workers, scratch, cleanup))
        elif address.kind == "scheduler":
            target = address.text
        else:
            target = started.enter_context(_jobs(address))
        try:
            client = Client(target, timeout=CONNECT_S, set_as_default=False)
        except Exception as error:  # what is wrong with an address or with certificates raises many kinds
            raise BenchError(f"--cluster {address.text}: no Dask scheduler answers ({in_one_line(error)})") from error
        started.callback(_close, client)
        yield client


def _close(client: Client) -> None:
    with contextlib.suppress(Exception):  # of a scheduler that is gone; nothing is lost with it
        client.close(timeout=2)


@contextlib.contextmanager
def _jobs(address: ClusterAddress) -> Iterator[Any]:
    """Give a cluster whose workers are jobs of a queueing system, one for each machine."""
    import dask

    with contextlib.ExitStack() as started:
        try:
            kind = resolve_name(_class_of(Path(address.text)) if address.kind == "file" else address.text)
            config = _with_defaults(Path(address.text) if address.kind == "file" else None, kind)
            started.enter_context(dask.config.set(config))
            cluster = started.enter_context(kind())
            cluster.scale(address.workers)
        except BenchError:
            raise
        except Exception as error:  # whatever a class of another package, or a queueing system that is missing, raises
            raise BenchError(f"--cluster {address.text}: the jobs cannot be started ({in_one_line(error)})") from error
        yield cluster


def _class_of(file: Path) -> str:
    """Return the class for the queueing system that a configuration of dask-jobqueue names."""
    import dask_jobqueue

    systems = _loaded(file).get("jobqueue")
    known = {
        kind.job_cls.config_name: f"dask_jobqueue.{name}"
        for name, kind in vars(dask_jobqueue).items()
        if name.endswith("Cluster") and getattr(kind, "job_cls", None)
    }
    if not isinstance(systems, dict) or len(systems) != 1 or not set(systems) <= set(known):
        raise BenchError(f"--cluster {file}: below 'jobqueue' there should be one of {', '.join(sorted(known))}")
    return known[next(iter(systems))]


def _loaded(file: Path) -> dict[str, Any]:
    import yaml

    try:
        loaded = yaml.safe_load(read_file(file, LARGEST_CONFIGURATION).decode("utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise BenchError(f"--cluster {file}: {in_one_line(error)}") from error
    if not isinstance(loaded, dict):
        raise BenchError(f"--cluster {file}: it should be a configuration of Dask, with 'jobqueue'")
    return loaded


def _with_defaults(file: Path | None, kind: Any) -> dict[str, Any]:
    """Return the configuration of a queueing system with what every worker needs: the suite's code, and its machine."""
    import dask

    config: dict[str, Any] = dask.config.merge(dask.config.config, _loaded(file) if file else {})
    system = getattr(getattr(kind, "job_cls", None), "config_name", None)
    if system:
        own = config["jobqueue"][system]
        path = f"export PYTHONPATH={shlex.quote(str(ROOT))}${{PYTHONPATH:+:$PYTHONPATH}}"
        own["job-script-prologue"] = [*(own.get("job-script-prologue") or []), path]
        own["processes"] = 1
    return config


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Have Dask log nothing: what a user should know of it, the bench says."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in ("distributed", "tornado")]
    loggers = [logging.getLogger(name) for name in ["distributed", *names]]
    before = [(logger, logger.level) for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        yield
    finally:
        for logger, level in before:
            logger.setLevel(level)
