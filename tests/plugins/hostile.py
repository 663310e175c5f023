"""Models that misbehave, each in its own way. The harness must make a row of every one."""

from __future__ import annotations

import ctypes
import os
import time
from typing import Any, ClassVar, Self

import numpy as np

from models.spec import BuildContext, ModelSpec


class Harmless:
    """Says 0 for every image."""

    def __init__(self, context: BuildContext) -> None:
        self.context = context

    def fit(self, X: Any, y: Any) -> Self:
        return self

    def predict(self, X: Any) -> Any:
        return np.zeros(len(X), np.int64)


class Hangs(Harmless):
    def fit(self, X: Any, y: Any) -> Self:
        while True:
            time.sleep(0.1)


class EatsMemory(Harmless):
    hoard: ClassVar[list[Any]] = []

    def fit(self, X: Any, y: Any) -> Self:
        while True:
            self.hoard.append(np.ones(4_000_000))
            time.sleep(0.005)


class Exits(Harmless):
    def fit(self, X: Any, y: Any) -> Self:
        os._exit(3)


class Segfaults(Harmless):
    def fit(self, X: Any, y: Any) -> Self:
        ctypes.string_at(0)
        return self


class Raises(Harmless):
    def fit(self, X: Any, y: Any) -> Self:
        raise RuntimeError("the moon is in the wrong phase")


class PredictsNaN(Harmless):
    def predict(self, X: Any) -> Any:
        return np.full(len(X), np.nan)


class PredictsTooFew(Harmless):
    def predict(self, X: Any) -> Any:
        return np.zeros(max(len(X) - 1, 1), np.int64)


class LeavesChildren(Harmless):
    """Starts processes that would go on for ever, one in a session of its own, and ends well itself."""

    def fit(self, X: Any, y: Any) -> Self:
        import subprocess
        import sys

        for detached in (False, True):
            endless = [sys.executable, "-c", "import time; time.sleep(3600)", "left-behind"]
            subprocess.Popen(endless, start_new_session=detached)
        time.sleep(0.5)  # long enough to be seen
        return self


MODELS = tuple(
    ModelSpec(name, "hostile", f"a model that {what}", build, features=("pixels",))
    for name, what, build in (
        ("hangs", "hangs", Hangs),
        ("eats-memory", "eats memory without end", EatsMemory),
        ("exits", "leaves with exit code 3", Exits),
        ("segfaults", "segfaults", Segfaults),
        ("raises", "raises", Raises),
        ("predicts-nan", "predicts NaN", PredictsNaN),
        ("predicts-too-few", "predicts one label too few", PredictsTooFew),
        ("leaves-children", "leaves a process behind", LeavesChildren),
    )
)
