"""``python -m benchmarks.studies.fit_profile``: a profile of network training.

Uses the settings of the registry with fewer epochs and no held-out images, on the first images of MNIST. The shares
are cProfile's, of the training thread; work of other threads counts where that thread waits.
"""

from __future__ import annotations

import cProfile
import os
import pstats
import sys
from collections.abc import Sequence
from typing import Any

from tabulate import tabulate

from benchmarks.catalog.catalog import load_catalog
from benchmarks.common.paths import cache_folder
from benchmarks.datasets.opening import open_dataset
from benchmarks.datasets.registry import data_places
from benchmarks.execution.processes.supervisor import worker_environment
from models.registry import MODELS
from models.spec import BuildContext, Setting

NAMES = ("mlp", "mlp-best", "lenet5", "cnn-simple", "cnn-5", "cnn-fast", "cnn")
EPOCHS, N_IMAGES = 2, 20_000
PARTS = {
    "tracing": ("tracing_compilation.py", "trace_function"),
    "steps": ("trainer.py", "train_on_batch"),
    "augmentation": ("augment.py", "augmented"),
    "average": ("weight_average.py", "after_step"),
}
"""Parts of the training, and the function of each. Tracing is TensorFlow's, within the first step."""


def main(names: Sequence[str]) -> int:
    """Print a table of seconds and shares, one row per network; return 0."""
    threads = os.cpu_count() or 1
    os.environ.update(worker_environment(threads))
    _, images = open_dataset(load_catalog().datasets, "mnist", data_places(None, cache_folder()))
    X = load_catalog().features["pixels"].build().transform(images.train.images[:N_IMAGES])
    lines = []
    for name in names or NAMES:
        settings: dict[str, Setting] = {
            **MODELS[name].defaults_on("pixels"),
            "epochs": EPOCHS,
            "hold_out": False,
            "patience": 0,
        }
        context = BuildContext(10, (28, 28), 0, threads=threads, settings=settings)
        model: Any = MODELS[name].build(context)
        with cProfile.Profile() as profile:
            model.fit(X, images.train.labels[:N_IMAGES])
        lines.append([name, *shares(pstats.Stats(profile))])
    print(tabulate(lines, ["network", "fit s", *PARTS, "rest"], tablefmt="github", floatfmt=("", ".1f", *5 * [".1%"])))
    return 0


def shares(stats: Any) -> list[float]:
    """Return the seconds of a profile, the share of each part, and the rest."""
    total = stats.total_tt
    spent = dict.fromkeys(PARTS, 0.0)
    for (path, _, function), (_, _, _, seconds, _) in stats.stats.items():
        for part, (file, name) in PARTS.items():
            if function == name and path.endswith(f"/{file}"):
                spent[part] += seconds / total
    spent["steps"] -= spent["tracing"]
    return [total, *spent.values(), 1 - sum(spent.values())]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
