"""Models that run for as long as they are told, or do something to the machine that they run on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Self

import numpy as np

from models.spec import BuildContext, ModelSpec, Param


class Sleeps:
    """Says 0 for every image."""

    def __init__(self, context: BuildContext) -> None:
        self.seconds = float(context.settings["seconds"])
        print(f"loaded from {__file__}")

    def fit(self, X: Any, y: Any) -> Self:
        time.sleep(self.seconds)
        return self

    def predict(self, X: Any) -> Any:
        return np.zeros(len(X), np.int64)


class FillsTheDisk(Sleeps):
    """Writes into the folder for temporary files until nothing more goes in."""

    def fit(self, X: Any, y: Any) -> Self:
        with Path("much").open("wb") as file:
            for _ in range(64):
                file.write(bytes(2**20))
        return self


MODELS = tuple(
    ModelSpec(
        name,
        "sleeping",
        f"a model that {what}",
        build,
        features=("pixels",),
        settings={"seconds": Param(0.0, low=0.0, high=3600.0)},
    )
    for name, what, build in (
        ("sleeps", "sleeps", Sleeps),
        ("fills-the-disk", "fills the disk", FillsTheDisk),
    )
)
