"""``python -m benchmarks.studies.overhead``: the time of a trial compared with a plain script.

The script loads the same arrays, fits and predicts once; script and trial alternate. The requirement: a trial takes at
most 1.05 times the script's wall time plus two seconds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.catalog.catalog import Catalog, load_catalog
from benchmarks.common.clock import timed
from benchmarks.common.paths import ROOT, cache_folder
from benchmarks.datasets.opening import open_dataset
from benchmarks.datasets.registry import data_places
from benchmarks.execution.processes.supervisor import worker_environment
from benchmarks.records.store import ResultStore

MAX_RATIO, MAX_ADDED_S = 1.05, 2.0
REPEATS = 3
MODELS = ("logistic", "svm-rbf")
SCRIPT = """
import sys
import numpy as np
from models.registry import MODELS
from models.spec import BuildContext
folder, name, threads = sys.argv[1:]
train, labels, test = (np.load(f"{folder}/{part}.npy") for part in ("train", "labels", "test"))
spec = MODELS[name]
model = spec.build(BuildContext(10, (28, 28), 10_000, threads=int(threads), settings=spec.defaults_on("pixels")))
model.fit(train, labels)
model.predict(test)
"""


def main(models: Sequence[str]) -> int:
    """Print both times and their ratio for each model; return 1 if the requirement is not met."""
    catalog = load_catalog()
    failed = False
    print(f"{'model':12} {'script s':>9} {'trial s':>9} {'ratio':>6} {'limit s':>9}")
    with tempfile.TemporaryDirectory() as folder:
        write_arrays(catalog, Path(folder))
        for name in models or MODELS:
            pairs = [(script_s(name, folder), trial_s(name, Path(folder))) for _ in range(REPEATS)]
            script, trial = (median(times) for times in zip(*pairs, strict=True))
            limit = MAX_RATIO * script + MAX_ADDED_S
            failed |= trial > limit
            print(f"{name:12} {script:9.2f} {trial:9.2f} {trial / script:6.2f} {limit:9.2f}", flush=True)
    return int(failed)


def write_arrays(catalog: Catalog, folder: Path) -> None:
    """Write the arrays that the script loads."""
    import numpy as np

    _, images = open_dataset(catalog.datasets, "mnist", data_places(None, cache_folder()))
    pixels = catalog.features["pixels"].build()
    np.save(folder / "train.npy", pixels.transform(np.concatenate([images.train.images, images.validation.images])))
    np.save(folder / "labels.npy", np.concatenate([images.train.labels, images.validation.labels]))
    np.save(folder / "test.npy", pixels.transform(images.test.images))


def script_s(name: str, folder: str) -> float:
    """Return the wall time of the script, in s."""
    threads = os.cpu_count() or 1
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, folder, name, str(threads)]
    return timed(lambda: subprocess.run(command, check=True, cwd=ROOT, env=worker_environment(threads)))[1]


def trial_s(name: str, folder: Path) -> float:
    """Return the wall time of a trial, from the start of its worker to the end, in s."""
    arguments = [
        "--models",
        name,
        "--features",
        "pixels",
        "--dataset",
        "mnist",
        "--force",
        "--results-dir",
        str(folder),
    ]
    subprocess.run([sys.executable, "bench.py", *arguments], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    result = ResultStore(folder, "local", "mnist").load(f"{name}@pixels-s0")
    assert result and result.timing.total_s
    return result.timing.total_s


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
