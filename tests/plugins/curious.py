"""A model that looks for the labels of the test split wherever a worker can: it must find none."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Any, Self

import numpy as np

from models.spec import BuildContext, ModelSpec

PLACES = (Path.cwd(), Path.cwd().parent)


class Curious:
    """Fails with what it found; ``tests/test_bench.py`` tells it the true labels by their sum and length."""

    def __init__(self, context: BuildContext) -> None:
        self.context = context

    def fit(self, X: Any, y: Any) -> Self:
        return self

    def predict(self, X: Any) -> Any:
        found = [*in_memory(360), *in_files(360), *in_words()]
        if found:
            raise RuntimeError(f"found {found}")
        return np.zeros(len(X), np.int64)


def looks_like_labels(array: Any, n: int) -> bool:
    """Say whether an array could be the labels of ``n`` test images: so many small whole numbers of ten kinds."""
    return array.shape == (n,) and array.dtype.kind in "iuf" and len(np.unique(array)) == 10 and array.max() == 9


def in_memory(n: int) -> list[str]:
    """Look at all that any container holds, and at the local variables of every function under way."""
    frames = [sys._getframe()]
    while caller := frames[-1].f_back:
        frames.append(caller)
    holders = [*gc.get_objects(), *(frame.f_locals for frame in frames)]
    return [
        f"an array of shape {held.shape}"
        for held in gc.get_referents(*holders)
        if isinstance(held, np.ndarray) and looks_like_labels(held, n)
    ]


def in_files(n: int) -> list[str]:
    found = []
    for path in (path for place in PLACES for path in place.rglob("*") if path.is_file()):
        if path.suffix == ".npy" and looks_like_labels(np.load(path), n):
            found.append(str(path))
        if path.suffix in (".json", ".jsonl", ".log") and "test_labels" in path.read_text():
            found.append(str(path))
    return found


def in_words() -> list[str]:
    words = [*sys.argv, *(f"{name}={value}" for name, value in os.environ.items())]
    return [word for word in words if "DIGITBENCH_DATA" in word or "t10k" in word]


MODELS = (ModelSpec("curious", "hostile", "looks for the test labels", Curious, features=("pixels",)),)
