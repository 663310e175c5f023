"""digitbench from Python: run models, load what was run, compare runs, predict with a saved model.

Nothing here prints, sets a signal handler or changes an environment variable; all of it works from any thread, and
several runs may be under way at once (they measure one after the other). What goes wrong is a ``BenchError``.

>>> from benchmarks.api import compare, load_run, run
>>> done = run(models="knn,logistic", dataset="digits")
>>> done.leaderboard()[["model", "features", "accuracy", "fit_s"]]
>>> compare(load_run("reference"), load_run("reference")).changes
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.catalog.catalog import read_catalog
from benchmarks.common.errors import BenchError
from benchmarks.common.paths import RESULTS
from benchmarks.datasets.spec import Polarity
from benchmarks.execution.config import RunConfig
from benchmarks.execution.notebook import default_listener
from benchmarks.execution.progress import Listener, OneAtATime, in_listener
from benchmarks.execution.session import open_session
from benchmarks.inference.predictor import Predictor
from benchmarks.records.dataset_file import NoResultsError, dataset_named
from benchmarks.records.store import ResultStore
from benchmarks.report.comparison.run_comparison import RunComparison
from benchmarks.report.comparison.runs import compared_runs
from benchmarks.report.run import Run
from benchmarks.report.write import write_reports
from features.naming import UnknownNameError

__all__ = ["BenchError", "Predictor", "Run", "RunComparison", "compare", "load_run", "run"]

OPTION = re.compile(r"(?<![\w-])--(?P<name>[a-z][a-z-]*[a-z])(?: (?P<value>NAME|PATH|FILE)\b)?")
PARAMETERS = {"run": "name", "train-size": "train_sizes", "plugin": "plugins"}  # those of another name than the option
Names = str | Sequence[str]


def run(
    models: Names = "all",
    dataset: str | Path = "auto",
    *,
    features: Names | None = None,
    seeds: int = 1,
    train_sizes: Sequence[int] = (),
    evaluate: Names = (),
    name: str = "local",
    results_dir: str | Path = RESULTS,
    data_dir: str | Path | None = None,
    plugins: Sequence[str | Path] = (),
    weights: Sequence[str | Path] = (),
    polarity: Polarity = "auto",
    centre: bool = False,
    normalise: bool = False,
    image_size: int | None = None,
    label_column: str | None = None,
    heading: bool = True,
    transpose: bool | None = None,
    shape: Sequence[int] | None = None,
    pixel_range: tuple[float, float] | None = None,
    timeout: float = 1800.0,
    memory: float | None = None,
    max_minutes: float | None = None,
    threads: int | None = None,
    jobs: int = 1,
    cluster: str | None = None,
    force: bool = False,
    keep_models: bool = False,
    cache: bool = True,
    allow_network: bool = False,
    fresh: bool = False,
    progress: Listener | None = None,
    stop: threading.Event | None = None,
) -> Run:
    """Run models on a dataset, each in a process of its own, and write the reports; stored results are reused.

    Parameters
    ----------
    models, features
        Names and globs, in one text with commas or in a list, as ``knn[k=3]`` and ``knn@hog``. Without
        ``features`` each model runs on its own pipelines.
    dataset
        A name, the path of your own data, ``openml:NUMBER``, or ``auto``: MNIST where it can be had, else the digits
        of scikit-learn.
    seeds
        How many, for models with randomness in them.
    train_sizes
        Numbers of images to train on; all of them if empty.
    evaluate
        Further evaluation sets, as ``shifted``: each model is fitted once and predicts them too.
    name, results_dir
        Results go to ``results_dir/name/dataset``.
    data_dir, plugins, weights
        The folder of the data, plug-in files, and files of published weights.
    polarity, centre, normalise
        How your own images are prepared: dark ink on light or the other way round; centred by mass; and strokes made
        even, for thin pens and uneven light.
    image_size
        Height and width of the images that models get, in pixels, from 8 to 256: 28 for your own images, and what a
        published dataset has.
    label_column, heading, transpose, shape, pixel_range
        The structure of your own data, where it is not found: the column of labels (a name, ``first`` or ``last``),
        whether a CSV may have a heading, whether rows and columns are exchanged, the shape of an image that is given as
        a row of pixels, and the values of black and white in arrays and tables.
    timeout, memory, max_minutes
        Limits: seconds and GiB for one trial, and minutes for the whole run.
    threads, jobs
        Threads for one trial (all cores, shared by ``jobs``), and trials at the same time, whose times are marked.
    cluster
        Run the trials on the machines of a Dask cluster: the address of its scheduler, ``local:N``, or what
        ``docs/many-machines.md`` describes. ``jobs`` then counts the trials at the same time on each machine.
    force, keep_models, cache
        Re-run trials whose stored results still hold; save fitted models for ``Predictor``; cache feature matrices.
    allow_network
        Let models use the internet, which the fence around them forbids (docs/security.md).
    fresh
        Start a new Python for each trial. Without it, on Linux, a trial's process is a fork of one that has imported
        the libraries already, but no model.
    progress
        Called with each event of ``benchmarks.execution.progress``, one after the other. Without one, a progress bar
        is shown in a notebook, and nothing elsewhere.
    stop
        When it is set, the trials under way are ended and stored as interrupted, and no other is started.

    Raises
    ------
    BenchError
        For bad arguments or data; nothing was run then.
    """
    config = RunConfig(
        models=_joined(models),
        features=_joined(features),
        dataset=str(dataset) if isinstance(dataset, Path) else dataset,
        seeds=seeds,
        train_sizes=train_sizes,
        evaluate=tuple(name.strip() for name in evaluate.split(",")) if isinstance(evaluate, str) else evaluate,
        run=name,
        results_dir=results_dir,  # type: ignore[arg-type]  # RunConfig makes paths of texts
        data_dir=data_dir,  # type: ignore[arg-type]
        plugins=plugins,  # type: ignore[arg-type]
        weights=weights,  # type: ignore[arg-type]
        polarity=polarity,
        centre=centre,
        normalise=normalise,
        image_size=image_size,
        label_column=label_column,
        heading=heading,
        transpose=transpose,
        shape=shape,
        pixel_range=pixel_range,
        timeout=timeout,
        memory=memory,
        max_minutes=max_minutes,
        threads=threads,
        jobs=jobs,
        cluster=cluster,
        force=force,
        keep_models=keep_models,
        cache=cache,
        allow_network=allow_network,
        fresh=fresh,
    )
    with _words_of_python():
        return execute(config, progress, stop)


def execute(config: RunConfig, progress: Listener | None = None, stop: threading.Event | None = None) -> Run:
    """Run what a configuration asks for; ``run`` explains it."""
    if in_listener():
        raise BenchError("a run cannot be started from the progress callback of another one")
    if not (progress is None or callable(progress)) or not (stop is None or isinstance(stop, threading.Event)):
        raise BenchError("progress should be a function, and stop a threading.Event")
    try:
        session = open_session(config, OneAtATime(progress or default_listener()))
    except UnknownNameError as error:
        raise BenchError(str(error)) from error
    try:
        results = session.execute(stop or threading.Event())
    finally:
        with contextlib.suppress(NoResultsError):
            write_reports(session.store, session.families, session.images)
    statuses = {result.trial.key: result.status for result in results}
    return Run(session.store, session.families, statuses)


def load_run(
    name: str = "local",
    dataset: str | Path | None = None,
    *,
    results_dir: str | Path = RESULTS,
    plugins: Sequence[str | Path] = (),
) -> Run:
    """Return a stored run; ``dataset`` says which of its datasets, by name or path, where it has several.

    ``plugins``: files with models that are not the suite's, for their families. Raises ``BenchError``.
    """
    asked = RunConfig(run=name, results_dir=results_dir, plugins=plugins)  # type: ignore[arg-type]
    with _words_of_python():
        ResultStore(asked.results_dir, asked.run, "")  # rejects what is no name of a run
        store = ResultStore(asked.results_dir, asked.run, dataset_named(asked.results_dir, asked.run, dataset))
        found = Run(store, {model.name: model.family for model in read_catalog(asked.plugins).models.values()})
        found.findings()
    return found


def compare(first: Run | str, second: Run | str) -> RunComparison:
    """Return what changed from one run to another, both given or named, and whether it is more than noise.

    Rows that both runs have are compared. Raises ``BenchError`` if the runs cannot be compared.
    """
    before, after = (one if isinstance(one, Run) else load_run(one) for one in (first, second))
    with _words_of_python():
        return RunComparison((before.name, after.name), compared_runs(before.store, after.store))


@contextlib.contextmanager
def _words_of_python() -> Iterator[None]:
    """Let errors name parameters, as ``dataset="NAME"``, where they name options of the command line."""
    try:
        yield
    except BenchError as error:
        if "bench.py" not in str(error):
            error.args = (OPTION.sub(_as_parameter, str(error)),)
        raise


def _as_parameter(option: re.Match[str]) -> str:
    name = option["name"]
    if name.startswith("no-"):
        return f"{name.removeprefix('no-').replace('-', '_')}=False"
    parameter = PARAMETERS.get(name, name.replace("-", "_"))
    return f'{parameter}="{option["value"]}"' if option["value"] else parameter


def _joined(names: Any) -> Any:
    """Return names in one text; what is no list of texts is left to be refused."""
    if isinstance(names, list | tuple) and all(isinstance(name, str) for name in names):
        return ",".join(names)
    return names
