"""``python -m benchmarks.studies.grid_search [NAMES]``: tries the settings below on the validation split.

Each combination is an ordinary trial on ``mnist-validation``, where the validation split takes the
place of the test split, which is not there at all. What came of it stands in
``results/choosing/SETTINGS.md``. The defaults in ``models/`` are within 0.1 points of the best that was
tried for a model on a pipeline: so little is chance, and the cheaper or the more usual was taken.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tabulate import tabulate

from benchmarks.cli.parser import parse
from benchmarks.common.atomic_files import write_whole
from benchmarks.common.formatting import seconds_text
from benchmarks.common.paths import RESULTS
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import TrialResult
from models.registry import MODELS
from models.spec import Setting

RUN, DATASET = "choosing", "mnist-validation"
LOG = RESULTS / RUN / "SETTINGS.md"
TITLE = (
    "Made by `python -m benchmarks.studies.grid_search`. Trained on the first 50,000 training images, judged on\n"
    "the other 10,000. "
    "Shown are settings that vary, or are not today's default; `default` marks the trials with all of today's,\n"
    "`earlier` those of a model that another of the same name has since replaced.\n"
    "The times are a rough guide: other work shared the machine."
)


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


BEST = "orientation-maps-pca"
GRIDS = (
    Grid("logistic", "pixels", {"C": (0.03, 0.1, 0.3, 1.0), "max_iter": (60, 100)}),
    Grid("logistic", "edges", {"C": (0.01, 0.03, 0.1)}),
    Grid("logistic", "hog", {"C": (0.1, 0.3, 1.0, 3.0)}),
    Grid("logistic", BEST, {"C": (3.0, 10.0, 30.0, 100.0)}),
    Grid("linear-svm", "pixels", {"C": (0.003, 0.01, 0.03, 0.1)}),
    Grid("linear-svm", "hog", {"C": (0.03, 0.1, 0.3, 1.0)}),
    Grid("linear-svm", BEST, {"C": (1.0, 3.0, 10.0)}),
    Grid("knn", BEST, {"k": (1, 3, 4, 5)}),
    Grid("knn-deskew", "deskew", {"k": (1, 3, 4, 5)}),
    Grid("knn", "pixels,hog", {"k": (1, 3, 4, 5, 7), "weights": ("uniform", "distance")}),
    Grid("svm-rbf", "pixels", {"C": (5.0, 10.0), "gamma": (0.02, 0.025, 0.03)}),
    Grid("svm-rbf", "hog", {"C": (5.0,), "gamma": (0.01, 0.02, 0.04, 0.08)}),
    Grid("svm-rbf", BEST, {"gamma": (2.0, 4.0, 6.0)}),
    Grid("svm-virtual", BEST, {"gamma": (2.0, 4.0, 6.0)}),
    Grid("ridge-random-features", BEST, {"components": (1000, 4000), "gamma": (0.5, 1.0, 2.0)}),
    Grid("ridge-random-features", BEST, {"alpha": (0.03, 0.1, 0.3)}),
    Grid("random-forest", "pixels", {"trees": (100, 300), "share_of_features": (0.02, 0.04)}),
    Grid("extra-trees", "pixels", {"share_of_features": (0.02, 0.04, 0.07, 0.1)}),
    Grid("extra-trees", BEST, {"share_of_features": (0.07, 0.2)}),
    Grid("xgboost", "pixels", {"moved_copies": (False, True)}),
    Grid("xgboost", BEST, {"moved_copies": (False, True), "max_depth": (4, 6)}),
    Grid("xgboost", BEST, {"rounds": (160, 320), "first_rate": (0.3, 0.5)}),
    Grid("xgboost", "hog", {"max_depth": (6,)}),
    Grid("hist-gradient-boosting", BEST, {"rounds": (80, 120), "max_leaves": (15, 31)}),
    Grid("vote", BEST, {"sharpness": (2.0, 3.0, 4.0)}),
    Grid("mlp-best", "pixels", {"units": (512, 800)}),
    Grid("lenet5", "pixels", {"learning_rate": (0.001, 0.003)}),
    Grid("cnn-simple", "pixels", {"label_smoothing": (0.0,), "schedule": ("constant",), "learning_rate": (0.001,)}),
    Grid("cnn-simple", "pixels", {"label_smoothing": (0.0,), "schedule": ("cosine", "one-cycle")}),
    # batches of 64 read as well as smoothed labels, but the others' times are compared with this model's
    Grid("cnn-simple", "pixels", {"label_smoothing": (0.0,), "batch": (64,)}),
    Grid("cnn-simple", "pixels", {"label_smoothing": (0.0,), "shift": (1.5,)}),
    Grid("cnn-simple", "pixels", {"label_smoothing": (0.0, 0.1)}),
    Grid("cnn-5", "pixels", {"precision": ("float32", "bfloat16")}),
    Grid("cnn-fast", "pixels", {"learning_rate": (0.005, 0.01, 0.02), "hold_out": (False,)}),
    Grid("cnn", "pixels", {"epochs": (12,), "precision": ("float32", "bfloat16")}),
    Grid("cnn", "pixels", {"epochs": (12,), "elastic": (0.0, 0.5, 1.0)}),
    Grid("cnn", "pixels", {"epochs": (12,), "label_smoothing": (0.0, 0.1), "ema": (0.0, 0.999)}),
)


def main(polarity: Sequence[str]) -> int:
    """Run the grids of the models or rows named, or all, and write what came of it; return the first bad exit code.

    Stored trials are taken again.
    """
    for grid in GRIDS:
        if not polarity or {grid.model, f"{grid.model}@{grid.features}"} & set(polarity):
            words = ["--run", RUN, "--dataset", DATASET, "--models", grid.names(), "--features", grid.features]
            if code := parse(words)():
                return code
    results = [result for result in ResultStore(RESULTS, RUN, DATASET).load_all() if result.scores]
    write_whole(LOG, as_markdown(results).encode())
    print(LOG)
    return 0


def as_markdown(results: Sequence[TrialResult]) -> str:
    """Return every combination that was tried, once, the best of each model on each pipeline first."""
    tried = {
        (one.trial.model, one.trial.features, *sorted(one.settings.items())): one
        for one in results
        if one.trial.model in MODELS
    }
    by_row = sorted(tried.values(), key=lambda result: (result.trial.model, result.trial.features, -accuracy(result)))
    lines = [
        [
            result.trial.model,
            result.trial.features,
            settings_text(result, results),
            _mark(result),
            f"{accuracy(result):.2%}",
            seconds_text(result.timing.fit_s),
            seconds_text(median(result.timing.predict_s)),
        ]
        for result in by_row
    ]
    table = tabulate(lines, ["model", "on", "settings", "", "validation accuracy", "fit", "predict"], tablefmt="github")
    return f"# Settings tried on the validation split of MNIST\n\n{TITLE}\n\n{table}\n"


def accuracy(result: TrialResult) -> float:
    """Return the accuracy on the validation split."""
    return result.scores.accuracy if result.scores else 0.0


def defaults(result: TrialResult) -> Mapping[str, Setting]:
    """Return today's settings of the model on the pipeline."""
    return MODELS[result.trial.model].defaults_on(result.trial.features)


def _mark(result: TrialResult) -> str:
    today = defaults(result)
    if result.settings == today:
        return "default"
    return "" if result.settings.keys() <= today.keys() else "earlier"


def settings_text(result: TrialResult, results: Sequence[TrialResult]) -> str:
    """Return the settings that differ between the trials of the model, or from its defaults, as this one had them."""
    others = [other.settings for other in results if other.trial.model == result.trial.model] + [defaults(result)]
    varied = {name for name, value in result.settings.items() if any(other.get(name) != value for other in others)}
    return ", ".join(f"{name} {value}" for name, value in result.settings.items() if name in varied)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
