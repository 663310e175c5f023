"""Feature pipelines that fail while they are computed, each in its own way, and some whose state is unusual."""

from __future__ import annotations

import os
import select
import sys
from pathlib import Path
from typing import Any

import numpy as np

from features.pixels import Pixels
from features.spec import FeaturePipeline, Unavailable


class Raises(Pixels):
    def fit(self, images: Any) -> Any:
        raise RuntimeError("no eigenvalue converged")


class Exits(Pixels):
    def transform(self, images: Any) -> Any:
        os._exit(4)


class Hangs(Pixels):
    def fit(self, images: Any) -> Any:
        while True:
            pass


class Lacks(Pixels):
    def fit(self, images: Any) -> Any:
        raise Unavailable("the file of its weights is missing")


class TooFew(Pixels):
    def transform(self, images: Any) -> Any:
        return super().transform(images)[1:]


class Objects(Pixels):
    def transform(self, images: Any) -> Any:
        return np.array([[self]] * len(images), object)


class Slow(Pixels):
    def transform(self, images: Any) -> Any:
        select.select([], [], [], 0.5)
        return super().transform(images)


def tells_nothing(work: Any, read: Any = None) -> Any:
    return work(), 0.0


# what runs while it is timed comes too late to change how
if Path("request.json").is_file() and '"forges"' in Path("request.json").read_text():
    vars(sys.modules["benchmarks.common.clock"])["timed"].__code__ = tells_nothing.__code__


class Unplain(Pixels):
    """Has a function in its state: it is fitted again where it is needed."""

    def fit(self, images: Any) -> Any:
        self.scale: Any = lambda X: X * np.float32(1 + images.mean() / 255)
        print(f"fitted in {'compute_features' if 'compute_features' in sys.argv[0] else 'main'}", flush=True)
        return self

    def transform(self, images: Any) -> Any:
        return self.scale(super().transform(images))


class Plain(Pixels):
    """Has scikit-learn's scaler and its own class in its state: it is fitted once."""

    def fit(self, images: Any) -> Any:
        from sklearn.preprocessing import StandardScaler

        self.scaler = StandardScaler().fit(super().transform(images))
        self.again = Pixels()
        print(f"fitted in {'compute_features' if 'compute_features' in sys.argv[0] else 'main'}", flush=True)
        return self

    def transform(self, images: Any) -> Any:
        return np.ascontiguousarray(self.scaler.transform(self.again.transform(images)), np.float32)


FEATURES = tuple(
    FeaturePipeline(name, f"pixels, but {what}", build)
    for name, what, build in (
        ("raises", "fitting raises", Raises),
        ("exits", "transforming ends the process", Exits),
        ("hangs", "fitting never ends", Hangs),
        ("lacks", "without its weights", Lacks),
        ("too-few", "one row too few", TooFew),
        ("objects", "Python objects", Objects),
        ("forges", "slowly, with a time that is forged", Slow),
        ("unplain", "with a function in its state", Unplain),
        ("plain", "with scikit-learn in its state", Plain),
    )
)
