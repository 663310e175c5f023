"""The machine, the versions and the commit that a result is measured with."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib import metadata
from pathlib import Path

from benchmarks.common.dependencies import DISTRIBUTIONS, distributions
from benchmarks.common.paths import ROOT
from benchmarks.records.trial import Environment

COMMIT, NO_COMMIT = "# branch.oid ", "(initial)"  # in what git prints
CODE = ("bench.py", "benchmarks", "models", "features", "pyproject.toml", "constraints.txt")


@cache
def version_of(module: str) -> str | None:
    """Return the installed version of the distribution that provides ``module``; None without one."""
    for distribution in distributions(module):
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    return None


def versions_hash(modules: Iterable[str]) -> str:
    """Return one hash of the versions of Python and of the modules that a trial uses."""
    versions = [platform.python_version(), *(f"{name}={version_of(name)}" for name in sorted(set(modules)))]
    return hashlib.sha256("\n".join(versions).encode()).hexdigest()[:16]


@cache
def current_environment() -> Environment:
    """Return the environment of this process with the commit of the code, as every result carries it."""
    commit, dirty = _commit()
    return replace(machine_environment(), git_commit=commit, git_dirty=dirty)


@cache
def machine_environment() -> Environment:
    """Return the machine and the versions of the libraries; the commit is left out."""
    import psutil

    machine = {
        "cpu": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "os": f"{platform.system()} {platform.machine()}",
    }
    return Environment(
        machine_id=hashlib.sha256(repr(machine).encode()).hexdigest()[:12],
        **machine,
        python=platform.python_version(),
        packages={name: version for name in DISTRIBUTIONS if (version := version_of(name))},
    )


def _processor() -> str:
    """Return the processor's name; Linux keeps it in a file, other systems tell Python."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _commit() -> tuple[str | None, bool | None]:
    """Return the commit of the code, and whether the code differs from it; None for each where git does not tell."""
    command = ["git", "status", "--porcelain=v2", "--branch", "--", *CODE]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None, None
    headers = [line for line in done.stdout.splitlines() if line.startswith("# ")]
    oid = next((line.removeprefix(COMMIT) for line in headers if line.startswith(COMMIT)), NO_COMMIT)
    return None if oid == NO_COMMIT else oid, len(headers) < len(done.stdout.splitlines())
