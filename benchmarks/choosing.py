"""``python -m benchmarks.choosing [NAMES]``: tries the settings below on the validation split.

Each combination is an ordinary trial on ``mnist-validation``, where the validation split takes the
place of the test split, which is not there at all. What came of it stands in
``results/choosing/mnist-validation/LEADERBOARD.md``; the best of each row's settings are the
defaults in ``models/``.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.arguments import parse
from models.spec import Setting

RUN, DATASET = "choosing", "mnist-validation"


@dataclass(frozen=True)
class Grid:
    """The settings tried for one model on some pipelines: every combination of ``values``."""

    model: str
    features: str
    values: Mapping[str, Sequence[Setting]]

    def names(self) -> str:
        """Return the combinations as the command line takes them."""
        combinations = itertools.product(*self.values.values())
        settings = (",".join(f"{k}={v}" for k, v in zip(self.values, values, strict=True)) for values in combinations)
        return ",".join(f"{self.model}[{given}]" for given in settings)


GRIDS = (
    Grid("logistic", "pixels", {"C": (0.03, 0.1, 0.3, 1.0)}),
    Grid("logistic", "edges", {"C": (0.01, 0.03, 0.1)}),
    Grid("logistic", "hog", {"C": (0.3, 1.0, 3.0)}),
    Grid("linear-svm", "pixels", {"C": (0.003, 0.01, 0.03)}),
    Grid("linear-svm", "hog", {"C": (0.03, 0.1, 0.3)}),
    Grid("knn", "pixels,hog", {"k": (1, 3, 4, 5, 7), "weights": ("uniform", "distance")}),
    Grid("svm-rbf", "pixels", {"C": (5.0, 10.0), "gamma": (0.02, 0.025, 0.03)}),
    Grid("svm-rbf", "hog", {"C": (5.0,), "gamma": (0.01, 0.02, 0.04, 0.08)}),
    Grid("svm-poly", "pixels", {"degree": (3, 4, 5)}),
    Grid("svm-poly", "hog", {"degree": (3, 5), "gamma": (0.02, 0.1)}),
    Grid("random-forest", "pixels,hog", {"share_of_features": (0.02, 0.04, 0.1)}),
    Grid("xgboost", "pixels,hog", {"max_depth": (5, 7), "colsample_bynode": (0.1, 0.3)}),
)


def main(wanted: Sequence[str]) -> int:
    """Run the grids of the models named, or all; stored trials are taken again. Returns the first bad exit code."""
    for grid in GRIDS:
        if not wanted or grid.model in wanted:
            words = ["--run", RUN, "--dataset", DATASET, "--models", grid.names(), "--features", grid.features]
            if code := parse(words)():
                return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
