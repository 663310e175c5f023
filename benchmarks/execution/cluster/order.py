"""What the bench and a machine of the cluster tell each other of one trial.

An order is JSON and the same for every machine. It names files by their SHA-256, no path, and holds no label.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.common.paths import ROOT
from benchmarks.execution.executor import Ending
from benchmarks.execution.processes.supervisor import Limits
from benchmarks.execution.protocol import Request
from benchmarks.records.trial import Inputs

PACKAGES = ("benchmarks", "features", "models")


@dataclass(frozen=True)
class Order:
    """A trial, and all that a machine needs to run it as the bench would.

    ``suite``: the hash of the suite's code. ``inputs``: the trial's fingerprint, by the bench's code and libraries;
    ``versions``: of these libraries, by name. ``threads`` and ``memory_gb`` of None: what the machine has, shared by
    ``jobs`` trials at the same time. ``files``: the SHA-256 of each file that is needed, by its name.
    ``weights``: the names of those that hold weights. ``bundle``: the name of the one with the plug-ins, empty
    without any, whose paths in it are ``plugins``. ``topic``: under which signs of life are sent.
    """

    suite: str
    inputs: Inputs
    versions: Mapping[str, str | None]
    request: Request
    limits: Limits
    threads: int | None
    memory_gb: float | None
    jobs: int
    files: Mapping[str, str]
    weights: tuple[str, ...]
    bundle: str
    plugins: tuple[str, ...]
    cache: bool
    topic: str


@dataclass(frozen=True)
class SavedModelFile:
    """A fitted model as a tar file on the machine that trained it."""

    path: str
    size: int


@dataclass(frozen=True)
class Reply:
    """What a machine answers to an order: how the trial ended, or why it was not run.

    ``missing``: files that the machine does not have yet. ``refused``: why this machine can run no trial of this
    bench. ``trouble``: what failed on the machine, and not in the trial.
    """

    ending: Ending | None = None
    model: SavedModelFile | None = None
    missing: tuple[str, ...] = ()
    refused: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class _Suite:
    suite: str


def suite_of(order: bytes) -> str:
    """Return the suite's hash in an order that another version may have written."""
    return msgspec.json.decode(order, type=_Suite).suite


def suite_hash() -> str:
    """Return a hash of the suite's code, as it is on the disk now."""
    digest = hashlib.sha256()
    for path in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        digest.update(f"{path.relative_to(ROOT)}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
