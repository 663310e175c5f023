"""``python -m benchmarks.studies.stock_comparison``: classical models compared with default library calls.

A stock call is the obvious code: scikit-learn's or XGBoost's estimator on raw pixels, and for HOG a loop over
scikit-image. Each runs in a separate process with the threads of a trial; imports and reading the data are excluded on
both sides. The requirement: all classical rows of ``--models all`` together, each feature pipeline counted once, take
at most a third of the stock calls' time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from tabulate import tabulate

from benchmarks.api import run
from benchmarks.catalog.catalog import load_catalog
from benchmarks.cli.display.trials import RunDisplay
from benchmarks.common.paths import ROOT
from benchmarks.execution.processes.supervisor import worker_environment
from benchmarks.records.trial import TrialResult
from benchmarks.studies.overhead import write_arrays

MAX_RATIO = 1 / 3
FEATURES = "features"
STOCK_CALLS = {
    "linear": ["LogisticRegression on pixels", "LogisticRegression on HOG"],
    "neighbours": ["KNeighborsClassifier on pixels"],
    "svm": ["SVC on pixels"],
    "forest": ["RandomForestClassifier on pixels"],
    "boosting": ["XGBClassifier on pixels"],
}
CLASSICAL = (*STOCK_CALLS, "baseline", "ensemble")
SCRIPT = """
import json, sys
from functools import partial
from time import perf_counter
import numpy as np
from skimage.feature import hog
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from xgboost import XGBClassifier
folder, call, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
train, labels, test = (np.load(f"{folder}/{part}.npy") for part in ("train", "labels", "test"))
model = {
    "LogisticRegression": LogisticRegression(),
    "KNeighborsClassifier": KNeighborsClassifier(n_jobs=threads),
    "SVC": SVC(C=10, gamma=0.02),
    "RandomForestClassifier": RandomForestClassifier(300, n_jobs=threads, random_state=0),
    "XGBClassifier": XGBClassifier(n_estimators=200, tree_method="hist", n_jobs=threads),
}[call.split()[0]]
start = perf_counter()
if call.endswith("HOG"):
    describe = partial(hog, orientations=9, pixels_per_cell=(4, 4), cells_per_block=(2, 2))
    train, test = (np.array([describe(image.reshape(28, 28)) for image in X], np.float32) for X in (train, test))
features_s = perf_counter() - start
model.fit(train, labels)
answer = model.predict(test)
print(json.dumps({"features": features_s, "model": perf_counter() - start - features_s}))
"""


def main() -> int:
    """Print both times of each family and the ratio of the sums; return 1 if the requirement is not met."""
    with tempfile.TemporaryDirectory() as folder:
        write_arrays(load_catalog(), Path(folder))
        stock: dict[str, float] = defaultdict(float)
        for family, calls in STOCK_CALLS.items():
            for call in calls:
                seconds = stock_s(call, folder)
                stock[FEATURES] += seconds["features"]
                stock[family] += seconds["model"]
                print(
                    f"{call}: features {seconds['features']:.1f} s, fit and predict {seconds['model']:.1f} s",
                    flush=True,
                )
        ours = rows_s(run_rows(Path(folder)))
    print(as_text(stock, ours))
    return int(sum(ours.values()) > MAX_RATIO * sum(stock.values()))


def stock_s(call: str, folder: str) -> dict[str, float]:
    """Return the seconds of a stock call for features, and for fit and predict."""
    threads = os.cpu_count() or 1
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, folder, call, str(threads)]
    done = subprocess.run(command, check=True, cwd=ROOT, env=worker_environment(threads), stdout=subprocess.PIPE)
    seconds: dict[str, float] = json.loads(done.stdout)
    return seconds


def run_rows(folder: Path) -> list[TrialResult]:
    """Run every classical row on MNIST without a cache, and return the results."""
    models = [name for name, spec in load_catalog().models.items() if spec.family in CLASSICAL]
    with RunDisplay() as display:
        return run(models, "mnist", results_dir=folder, cache=False, progress=display).store.load_all()


def rows_s(results: Sequence[TrialResult]) -> dict[str, float]:
    """Return the seconds of each family's rows for fit and predict, and of all feature pipelines."""
    families = {name: spec.family for name, spec in load_catalog().models.items()}
    seconds: dict[str, float] = defaultdict(float)
    pipelines: dict[str, float] = {}
    for result in results:
        timing = result.timing
        assert timing.fit_s is not None and timing.features_s is not None, f"{result.trial.key}: {result.reason}"
        seconds[families[result.trial.model]] += timing.fit_s + median(timing.predict_s)
        pipelines[result.trial.features] = timing.features_s
    seconds[FEATURES] = sum(pipelines.values())
    return seconds


def as_text(stock: Mapping[str, float], ours: Mapping[str, float]) -> str:
    """Return the table and the ratio."""
    names = sorted({*stock, *ours})
    lines: list[list[object]] = [[name, stock.get(name), ours.get(name)] for name in names]
    total = sum(stock.values()), sum(ours.values())
    lines.append(["total", *total])
    table = tabulate(lines, ["family", "stock s", "rows s"], floatfmt=".1f", missingval="–")
    return f"\n{table}\n\nratio {total[1] / total[0]:.2f}, limit {MAX_RATIO:.2f}"


if __name__ == "__main__":
    sys.exit(main())
