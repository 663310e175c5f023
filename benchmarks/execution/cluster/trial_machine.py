"""What a machine of the cluster keeps from one trial to the next: local executors, each with its data and plug-ins."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.catalog.catalog import Catalog, read_catalog
from benchmarks.catalog.weight_files import with_weight_files
from benchmarks.common.formatting import listed
from benchmarks.common.paths import RESULTS, cache_folder
from benchmarks.datasets.registry import data_places
from benchmarks.datasets.spec import Images, Split
from benchmarks.execution.cluster.file_cache import folder, unpack
from benchmarks.execution.cluster.order import Order
from benchmarks.execution.executor import Executor
from benchmarks.execution.local_executor import local_executor
from benchmarks.execution.processes.fence import Rules
from benchmarks.execution.protocol import Request, images_file, labels_file
from benchmarks.provenance.fingerprint import inputs_of, versions_of
from benchmarks.records.trial import TEST

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_KEPT = 2  # executors that no trial uses; each holds the arrays of one dataset


@dataclass
class Kept:
    """An executor with the catalog that its trials are from. ``users``: how many trials it runs now."""

    catalog: Catalog
    executor: Executor
    resources: contextlib.ExitStack
    users: int = 0


@dataclass
class TrialMachine:
    """The executors of this process, the one that was used last at the end."""

    kept: dict[str, Kept] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def prepared(self, order: Order) -> Iterator[Kept]:
        """Give what runs the trial of an order, whose files are all here; raises OSError or ``BenchError``."""
        key = repr((sorted(order.files.items()), order.weights, order.plugins, order.cache))
        with self.lock:
            kept = self.kept.pop(key, None)
            if kept and not kept.executor.scratch.is_dir():  # somebody tidied up the temporary files
                kept = None
            kept = kept or _prepare(order)
            self.kept[key] = kept
            kept.users += 1
        try:
            yield kept
        finally:
            with self.lock:
                kept.users -= 1
                for unused in [key for key, one in self.kept.items() if not one.users][:-MOST_KEPT]:
                    self.kept.pop(unused).resources.close()


def refusal(order: Order, catalog: Catalog) -> str:
    """Return why this machine would measure another trial than the bench means; empty if it would not."""
    trial = order.request.trial
    if trial.model not in catalog.models or trial.features not in catalog.features:
        return f"it does not have {trial.model} on {trial.features}; install the same packages there"
    here = versions_of(trial, catalog)
    if other := [
        f"{name} {here.get(name)} and not {version}"
        for name, version in order.versions.items()
        if here.get(name) != version
    ]:
        return f"it has {listed(other)}; install the same versions there"
    if changed := set(inputs_of(trial, catalog, "").changed_since(order.inputs)) & {"code", "versions", "weights"}:
        return f"its {listed(sorted(changed))} of {trial.label} on {trial.features} differ from the bench's"
    return ""


def _prepare(order: Order) -> Kept:
    plugins = unpack(folder() / order.bundle) if order.bundle else None
    catalog = read_catalog([plugins / name for name in order.plugins] if plugins else ())
    catalog = with_weight_files(catalog, [folder() / name for name in order.weights])
    cache = cache_folder() / "features" if order.cache else None
    resources = contextlib.ExitStack()
    places = data_places(None, cache_folder())
    hidden = (RESULTS, cache_folder(), *places.folders, places.cache)
    fence = Rules(hidden=tuple(str(one.absolute()) for one in hidden))
    images, hashes = _images(order.request), order.request.data
    executor = resources.enter_context(local_executor(images, hashes, catalog, cache, fence))
    return Kept(catalog, executor, resources)


def _images(request: Request) -> Images:
    """Return the images that were sent; nobody here knows the labels of evaluation sets, and theirs are all 0."""
    import numpy as np

    def images(name: str) -> NDArray[np.uint8]:
        array: NDArray[np.uint8] = np.load(folder() / images_file(request.data[name]), mmap_mode="r")
        return array

    train, validation = (
        Split(images(name), np.load(folder() / labels_file(request.data[name]))) for name in ("train", "validation")
    )
    evaluation = {
        name: Split(found := images(name), np.zeros(len(found), np.int64)) for name in request.evaluation_sets
    }
    class_names = tuple(map(str, range(request.n_classes)))
    return Images(train, validation, evaluation.pop(TEST), class_names, further=evaluation)
