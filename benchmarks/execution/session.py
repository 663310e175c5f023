"""A whole run on one dataset: names → trials → decisions → results."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from benchmarks.catalog.catalog import Catalog, read_catalog
from benchmarks.catalog.selection import Choice, plan, resolve
from benchmarks.catalog.tuned_settings import stored_tuned_settings
from benchmarks.catalog.weight_files import with_weight_files
from benchmarks.common.atomic_files import write_whole
from benchmarks.common.errors import BenchError
from benchmarks.common.paths import RESULTS, cache_folder
from benchmarks.datasets.evaluation_sets import check_names, with_evaluation_sets
from benchmarks.datasets.opening import VALIDATION_SUFFIX, open_dataset
from benchmarks.datasets.preprocessing import audit as audits
from benchmarks.datasets.preprocessing.audit import Audit
from benchmarks.datasets.preprocessing.preprocess import PreprocessingOptions
from benchmarks.datasets.preprocessing.splits import validation_as_test
from benchmarks.datasets.registry import data_places
from benchmarks.datasets.spec import DataPlaces, Images, ReadingOptions
from benchmarks.execution.cluster.address import parse_address
from benchmarks.execution.config import RunConfig
from benchmarks.execution.decisions import Demands, Planner
from benchmarks.execution.estimates import Estimates
from benchmarks.execution.executor import Executor, Turns
from benchmarks.execution.harness import Harness, RunOptions
from benchmarks.execution.local_executor import local_executor
from benchmarks.execution.processes.fence import Rules, shortcomings
from benchmarks.execution.processes.supervisor import Limits, default_memory_gb
from benchmarks.execution.progress import DataProgress, DatasetRead, Listener, Notice, RunPlanned
from benchmarks.execution.published_run import REFERENCE, check_published
from benchmarks.records.dataset_file import data_prepared_otherwise, name_of_user_data
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import Trial, TrialResult

PICTURE = "images.png"
LEAST_MEMORY_GB = 0.5  # a worker with its libraries holds a quarter of a GiB


@dataclass(frozen=True)
class Session:
    """A run that is ready to be executed: its trials, its images and where its results go.

    ``prepared_otherwise``: the hash of the images of the run before, where its options prepared them otherwise.
    """

    config: RunConfig
    catalog: Catalog
    images: Images
    audit: Audit
    store: ResultStore
    trials: tuple[Trial, ...]
    tell: Listener
    prepared_otherwise: str = ""

    def execute(self, stop: threading.Event) -> list[TrialResult]:
        """Run what is not stored; return the result of every trial that was not stopped before it began.

        Raises KeyboardInterrupt after an interrupt, once the workers are ended and what they were at is stored.
        """
        planner = self.planner()
        planned = planner.decide_all(self.trials)
        self.tell(RunPlanned(tuple(planned)))
        with self.harness(planner, stop) as harness:
            return harness.run(planned)

    @contextlib.contextmanager
    def harness(self, planner: Planner, stop: threading.Event) -> Iterator[Harness]:
        """Give what carries out trials on the images of this run, until the context ends."""
        self.store.tidy()
        hashes = {**self.audit.hashes, **self.audit.evaluation_hashes}
        with self._executor(hashes) as (executor, turns):
            options = self._options()
            yield Harness(executor, planner, self.images, hashes, self.store, options, self.tell, stop, turns=turns)

    @contextlib.contextmanager
    def _executor(self, hashes: Mapping[str, str]) -> Iterator[tuple[Executor, Turns | None]]:
        """Give what carries the trials out, on this machine or on others."""
        config = self.config
        if config.cluster is None:
            cache = cache_folder() / "features" if config.cache else None
            if gaps := shortcomings():
                self.tell(Notice(gaps))
            with local_executor(self.images, hashes, self.catalog, cache, self._fence()) as executor:
                yield executor, None
            return
        # Dask takes half a second to import, and may not be installed
        from benchmarks.execution.cluster.cluster_executor import Share, cluster_executor

        share = Share(config.threads, config.memory, _jobs(config), config.cache)
        address = parse_address(config.cluster)
        with cluster_executor(address, share, self.images, hashes, self.catalog, self.tell) as on_machines:
            yield on_machines, on_machines

    @property
    def families(self) -> Mapping[str, str]:
        """The family of each model, by its name."""
        return {name: spec.family for name, spec in self.catalog.models.items()}

    def planner(self) -> Planner:
        """Return what decides about trials on these images."""
        config = self.config
        return Planner(
            catalog=self.catalog,
            store=self.store,
            data_hash=self.audit.data_hash,
            evaluation_hashes=self.audit.evaluation_hashes,
            n_trainable=self.images.n_trainable,
            image_shape=self.images.image_shape,
            demands=Demands(
                threads=config.threads if config.cluster else _threads(config),
                alone=_jobs(config) == 1,
                any_machine=config.cluster is not None,
                force=config.force,
                network=config.allow_network,
                save_models=config.keep_models,
            ),
            estimates=Estimates(
                self.store.records(), *(reference.records() for reference in _references(self.store.dataset))
            ),
            longest_first=config.cluster is not None,
            prepared_otherwise=self.prepared_otherwise,
        )

    def _fence(self) -> Rules:
        """Return the rules for all workers: what is hidden from them although it may lie among libraries."""
        places = data_places(self.config.data_dir, cache_folder())
        folders = (RESULTS, self.store.folder.parent.parent, cache_folder(), *places.folders, places.cache)
        source = (self.images.source,) if self.images.source else ()
        hidden = (*(str(folder.absolute()) for folder in folders), *source)
        return Rules(hidden=hidden)

    def _options(self) -> RunOptions:
        config = self.config
        limits = Limits(config.timeout, _memory_gb(config), _threads(config))
        return RunOptions(limits, _jobs(config), config.max_minutes, config.allow_network, config.fresh)


def open_session(config: RunConfig, tell: Listener) -> Session:
    """Find the trials and the images of a run, and store what results are judged by.

    Wrong names are found before anything is fetched or read. Raises ``BenchError`` or ``UnknownNameError``.
    """
    _memory_gb(config)
    catalog = with_weight_files(read_catalog(config.plugins), config.weights)
    tuned = stored_tuned_settings(config.results_dir / config.run)
    choice = Choice(config.models, config.features, config.seeds, tuple(config.train_sizes), tuned)
    resolve(choice, catalog)
    check_names(config.evaluate)
    name, images = _images(config, catalog, tell)
    trials = plan(choice, catalog, name, images.n_trainable)
    store = ResultStore(config.results_dir, config.run, name)
    check_published(store, trials, config.jobs, config.cluster)
    found = audits.audit(images)
    prepared_otherwise = data_prepared_otherwise(store.folder, found)
    store.save_dataset(images, found)
    picture = store.folder / PICTURE if images.picture else None
    if images.picture and picture:
        write_whole(picture, images.picture)
    tell(DatasetRead(name, store.folder, tuple(found.lines()), picture))
    return Session(config, catalog, images, found, store, tuple(trials), tell, prepared_otherwise)


def _images(config: RunConfig, catalog: Catalog, tell: Listener) -> tuple[str, Images]:
    """Return the name of the dataset, which is that of its folder too, and its images."""

    def on_image(done: int, total: int) -> None:
        tell(DataProgress("reading the images", done, total))

    shape = tuple(config.shape) if config.shape else None
    reading = ReadingOptions(config.label_column, config.heading, config.transpose, shape, config.pixel_range)
    name, images = open_dataset(
        catalog.datasets,
        config.dataset,
        _places(config, tell),
        PreprocessingOptions(
            config.polarity,
            config.centre,
            config.normalise,
            config.image_size,
            reading,
            lambda done, total: tell(DataProgress("reading the images", done, total)),
        ),
        lambda text: tell(Notice(text)),
    )
    selects = config.validation and not name.endswith(VALIDATION_SUFFIX)
    variant = VALIDATION_SUFFIX if selects else ""
    if images.source:
        name = name_of_user_data(config.results_dir / config.run, name, images.source, catalog.datasets, variant)
    elif selects:
        name += variant
    return name, with_evaluation_sets(validation_as_test(images) if selects else images, config.evaluate)


def _places(config: RunConfig, tell: Listener) -> DataPlaces:
    """Return where the data are, with downloads that tell how far they are."""
    places = data_places(config.data_dir, cache_folder())
    return replace(places, on_download=lambda name, done, total: tell(DataProgress(name, done, total)))


def _memory_gb(config: RunConfig) -> float:
    """Return the memory limit of one trial in GiB; raises ``BenchError`` where so many jobs leave too little."""
    jobs = _jobs(config)
    memory_gb = config.memory or default_memory_gb(jobs)
    if config.memory is None and memory_gb < LEAST_MEMORY_GB and _measures_here(config):
        raise BenchError(f"{jobs} jobs leave {memory_gb:.2g} GiB of memory for each trial; run fewer at once")
    return memory_gb


def _threads(config: RunConfig) -> int:
    return config.threads or max(1, (os.cpu_count() or 1) // _jobs(config))


def _jobs(config: RunConfig) -> int:
    """Return how many trials run at the same time on one machine; ``--cluster local:N`` has N workers on this one."""
    return parse_address(config.cluster).workers if config.cluster and _measures_here(config) else config.jobs


def _measures_here(config: RunConfig) -> bool:
    return config.cluster is None or parse_address(config.cluster).on_this_machine


def _references(dataset: str) -> list[ResultStore]:
    """Return what is published of this dataset, and then of the others: better than not to know at all."""
    names = [folder.name for folder in sorted((RESULTS / REFERENCE).glob("*"))]
    return [ResultStore(RESULTS, REFERENCE, name) for name in sorted(names, key=lambda name: name != dataset)]
