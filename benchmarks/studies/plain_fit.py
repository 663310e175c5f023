"""``python -m benchmarks.studies.plain_fit``: network training compared with Keras' ``model.fit`` on arrays in memory.

The same layers, images, batches and optimizer, no held-out images, no augmentation; compilation is included on both
sides, and they alternate. The requirement: not slower.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.catalog.catalog import load_catalog
from benchmarks.common.clock import timed
from benchmarks.common.paths import cache_folder
from benchmarks.datasets.opening import open_dataset
from benchmarks.datasets.registry import data_places
from benchmarks.execution.processes.supervisor import worker_environment
from models.registry import MODELS
from models.spec import BuildContext, Setting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NAMES = ("mlp", "cnn-simple", "cnn-fast", "cnn")
EPOCHS, REPEATS, N_IMAGES = 2, 3, 20_000
NO_AUGMENTATION: dict[str, Setting] = {
    "rotation": 0.0,
    "scale": 0.0,
    "shift": 0.0,
    "elastic": 0.0,
    "schedule": "constant",
}


def main(names: Sequence[str]) -> int:
    """Print both times and their ratio for each network; return 1 if one is slower than ``model.fit``."""
    threads = os.cpu_count() or 1
    os.environ.update(worker_environment(threads))
    _, images = open_dataset(load_catalog().datasets, "mnist", data_places(None, cache_folder()))
    X = load_catalog().features["pixels"].build().transform(images.train.images[:N_IMAGES])
    y = images.train.labels[:N_IMAGES]
    slower = False
    print(f"{'network':12} {'plain s':>9} {'ours s':>9} {'ratio':>6}")
    for name in names or NAMES:
        pairs = [pair(name, X, y, threads) for _ in range(REPEATS)]
        plain, ours = (median(times) for times in zip(*pairs, strict=True))
        slower |= ours > plain
        print(f"{name:12} {plain:9.2f} {ours:9.2f} {ours / plain:6.2f}", flush=True)
    return int(slower)


def pair(name: str, X: NDArray[np.float32], y: NDArray[np.int64], threads: int) -> tuple[float, float]:
    """Return the seconds of ``model.fit``, and of digitbench's training."""
    settings: dict[str, Setting] = {
        **MODELS[name].defaults_on("pixels"),
        **NO_AUGMENTATION,
        "epochs": EPOCHS,
        "hold_out": False,
        "patience": 0,
    }
    model: Any = MODELS[name].build(BuildContext(10, (28, 28), 0, threads=threads, settings=settings))
    _, ours = timed(lambda: model.fit(X, y))
    _, plain = timed(lambda: plain_fit(model.network, X.reshape(-1, 28, 28), y, settings))
    return plain, ours


def plain_fit(network: Any, X: NDArray[np.float32], y: NDArray[np.int64], settings: Mapping[str, Any]) -> None:
    """Train a network with the same layers by ``model.fit``."""
    import keras

    fresh = keras.models.clone_model(network)
    optimizer = keras.optimizers.AdamW(settings["learning_rate"], weight_decay=settings["weight_decay"])
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=settings["label_smoothing"])
    fresh.compile(optimizer, loss, metrics=["accuracy"], jit_compile=False)
    fresh.fit(X, keras.utils.to_categorical(y, 10), batch_size=settings["batch"], epochs=EPOCHS, verbose=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
