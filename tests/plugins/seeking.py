"""Models that seek the labels of the test split, each in its own way, and fail if they find them.

``PLACES`` are folders that an attacker knows of; ``tests/test_fence.py`` fills it in.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np

from models.spec import BuildContext, ModelSpec

PLACES: list[str] = []
NAME = "dataset.json"
IN_BENCH: list[Any] = [held for held in gc.get_objects() if type(held).__name__ in ("Images", "Harness", "ResultStore")]


def labels_below(folder: str | Path) -> list[int] | None:
    """Return the labels in the first readable file of that name below a folder."""
    for file in Path(folder).rglob(NAME):
        try:
            found: list[int] = json.loads(file.read_text())["test_labels"]
        except OSError:
            continue
        return found
    return None


def of_the_parent(name: str) -> bytes:
    try:
        return Path(f"/proc/{os.getppid()}/{name}").read_bytes()
    except OSError:
        return b""


def paths_in(words: bytes) -> Iterator[str]:
    for word in words.split(b"\0"):
        path = word.partition(b"=")[2] or word
        if path.startswith(b"/") and path.count(b"/") > 2:
            yield path.decode()


def in_results() -> list[int] | None:
    return next(filter(None, map(labels_below, PLACES)), None)


def in_cache() -> list[int] | None:
    names = ("DIGITBENCH_CACHE", "DIGITBENCH_DATA", "XDG_CACHE_HOME", "HOME")
    return next(filter(None, (labels_below(os.environ[name]) for name in names if name in os.environ)), None)


def in_the_parents_environment() -> list[int] | None:
    return next(filter(None, map(labels_below, paths_in(of_the_parent("environ")))), None)


def in_the_parents_command_line() -> list[int] | None:
    return next(filter(None, map(labels_below, paths_in(of_the_parent("cmdline")))), None)


def in_the_parents_memory() -> list[int] | None:
    """Read anything of it, in three ways; that there is something suffices."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.ptrace(16, os.getppid(), None, None) == 0:  # attach
        raise RuntimeError("the parent can be traced")
    for line in of_the_parent("maps").splitlines():
        start, end = (int(part, 16) for part in line.split()[0].split(b"-"))
        buffer = ctypes.create_string_buffer(64)
        vectors = [(ctypes.c_void_p * 2)(*pair) for pair in ((ctypes.addressof(buffer), 64), (start, end - start))]
        if library.process_vm_readv(os.getppid(), vectors[0], 1, vectors[1], 1, 0) > 0:
            raise RuntimeError("the parent's memory can be read")
    with Path(f"/proc/{os.getppid()}/mem").open("rb") as memory:
        raise RuntimeError(f"the parent's memory can be opened: {memory}")


def on_the_disk() -> list[int] | None:
    places = (
        "/",
        "/home",
        "/root",
        "/tmp",
        "/var",
        "/srv",
        "/mnt",
        "/usr/share",
        *PLACES,
        *map(str, Path.cwd().parents),
    )
    return next(filter(None, map(labels_below, places)), None)


def in_the_benchs_process() -> list[int] | None:
    """Look at what there was when this file was imported."""
    if IN_BENCH:
        raise RuntimeError(f"imported where there are {IN_BENCH}")
    return None


WAYS: dict[str, Callable[[], list[int] | None]] = {
    "in-results": in_results,
    "in-cache": in_cache,
    "in-environment": in_the_parents_environment,
    "in-command-line": in_the_parents_command_line,
    "in-memory": in_the_parents_memory,
    "on-disk": on_the_disk,
    "in-bench": in_the_benchs_process,
}


class Seeking:
    """Fails if it finds labels, and predicts 0 for every image if it does not."""

    def __init__(self, way: str, context: BuildContext) -> None:
        self.way = way

    def fit(self, X: Any, y: Any) -> Self:
        found = None
        with contextlib.suppress(PermissionError):
            found = WAYS[self.way]()
        if found:
            raise RuntimeError(f"found {len(found)} labels")
        return self

    def predict(self, X: Any) -> Any:
        return np.zeros(len(X), np.int64)


MODELS = tuple(
    ModelSpec(way, "seeking", f"seeks labels {way}", partial(Seeking, way), features=("pixels",), requires=("numpy",))
    for way in WAYS
)
