"""The fingerprint of the machine and of the versions that a result was measured with."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.common.dependencies import DISTRIBUTIONS, distributions
from benchmarks.common.paths import ROOT

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
    """Return one hash of the versions of Python and of the modules that a trial leans on."""
    versions = [platform.python_version(), *(f"{name}={version_of(name)}" for name in sorted(set(modules)))]
    return hashlib.sha256("\n".join(versions).encode()).hexdigest()[:16]


@cache
def describe() -> dict[str, Any]:
    """Return the fingerprint that every result carries.

    ``machine_id`` tells kinds of machine apart (processor, cores, memory, system), not one machine
    from its twin: times of twins may be compared. ``git_dirty``: the code differs from the commit.
    """
    import psutil

    machine = {
        "cpu": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "os": f"{platform.system()} {platform.machine()}",
    }
    return {
        "machine_id": hashlib.sha256(repr(machine).encode()).hexdigest()[:12],
        **machine,
        "python": platform.python_version(),
        "packages": {name: version for name in DISTRIBUTIONS if (version := version_of(name))},
        "git_commit": _git("rev-parse", "HEAD"),
        "git_dirty": None if (status := _git("status", "--porcelain", "--", *CODE)) is None else bool(status),
    }


def _processor() -> str:
    """Return the processor's name; Linux keeps it in a file, other systems tell Python."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
