"""What each command does with its arguments; returns the exit code.

What a command needs is imported when it is called, so that no command waits for another's libraries.
"""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.common.errors import BenchError
from benchmarks.common.paths import cache_folder, size_of

if TYPE_CHECKING:
    from benchmarks.catalog.catalog import Catalog


def run(options: Namespace) -> int:
    """Run what was chosen."""
    from benchmarks.catalog.selection import Choice, parse_sizes
    from benchmarks.catalog.weight_files import use_weights
    from benchmarks.cli.session import Session
    from benchmarks.datasets.preprocessing.prepare import Preparation
    from benchmarks.datasets.registry import data_places
    from benchmarks.execution.harness import RunOptions
    from benchmarks.execution.processes.worker_process import Limits, default_memory_gb

    cache, catalog = cache_folder(), _catalog(options)
    use_weights(options.weights, catalog)
    sizes = parse_sizes(options.train_size) if options.train_size else ()
    threads = options.threads or max(1, (os.cpu_count() or 1) // options.jobs)
    return Session(
        catalog=catalog,
        choice=Choice(options.models, options.features, options.seeds, tuple(sizes)),
        dataset=options.dataset,
        places=data_places(options.data_dir, cache),
        results=options.results_dir,
        run=options.run,
        options=RunOptions(
            limits=Limits(options.timeout, options.memory or default_memory_gb(options.jobs), threads),
            cache=None if options.no_cache else cache / "features",
            jobs=options.jobs,
            force=options.force,
            max_minutes=options.max_minutes,
            keep_models=options.keep_models,
        ),
        preparation=Preparation(options.polarity, options.centre),
    ).execute()


def list_all(options: Namespace) -> int:
    """Print what there is, or all that is known of what was named."""
    from benchmarks.cli.listing import as_text, describe, feature_cache, in_full
    from benchmarks.datasets.registry import data_places

    cache = cache_folder()
    listing: dict[str, Any] = describe(_catalog(options), data_places(options.data_dir, cache), options.name or "all")
    if not options.name:
        listing["feature_cache"] = feature_cache(cache / "features")
    if options.json:
        import json

        print(json.dumps(listing, indent=1))
    else:
        print(in_full(listing) if options.name else as_text(listing))
    return 0


def compare_models(options: Namespace) -> int:
    """Explain how two rows of a run differ."""
    from benchmarks.records.store import ResultStore, only_dataset_of
    from benchmarks.report.comparison.pair import explain

    dataset = options.dataset or only_dataset_of(options.results_dir, options.run)
    print(explain(ResultStore(options.results_dir, options.run, dataset), options.first, options.second))
    return 0


def compare(options: Namespace) -> int:
    """Print what changed between two runs."""
    from benchmarks.regression.judging.compare import compare_stored
    from benchmarks.report.comparison.leaderboard_file import is_leaderboard
    from benchmarks.report.comparison.runs import compare_runs

    files = [Path(name).is_file() and not is_leaderboard(name) for name in (options.first, options.second)]
    if any(files) and not any(map(is_leaderboard, (options.first, options.second))):
        return compare_stored(Path(options.first), Path(options.second), options.fail_on)
    return compare_runs(options.results_dir, options.first, options.second, options.dataset, options.fail_on)


def new_model(options: Namespace) -> int:
    """Write a starting file for a model."""
    from benchmarks.catalog.new_model import write_new_model

    print(write_new_model(options.file))
    return 0


def check(options: Namespace) -> int:
    """Say which promises a model, a feature pipeline or a dataset keeps."""
    from benchmarks.catalog.catalog import load_catalog
    from benchmarks.catalog.weight_files import use_weights
    from benchmarks.conformance.run import Checking
    from benchmarks.datasets.registry import data_places
    from benchmarks.execution.processes.worker_process import Limits, default_memory_gb

    use_weights(options.weights, load_catalog())
    places = data_places(options.data_dir, cache_folder())
    limits = Limits(options.timeout, options.memory or default_memory_gb(jobs=1), threads=min(2, os.cpu_count() or 1))
    return Checking(options.what, _plugins(options), places, limits).execute()


def predict(options: Namespace) -> int:
    """Have a kept model read image files."""
    from benchmarks.catalog.catalog import load_catalog
    from benchmarks.catalog.weight_files import use_weights
    from benchmarks.inference.predict import Predicting, find_kept

    use_weights(options.weights, load_catalog())
    kept = find_kept(options.results_dir, options.run, options.model, options.dataset)
    return Predicting(kept, _plugins(options), options.images, options.polarity, options.json).execute()


def clear_cache(options: Namespace) -> int:
    """Remove every cached feature matrix."""
    from benchmarks.execution.worker.feature_cache import FeatureCache

    cache = FeatureCache(cache_folder() / "features")
    print(f"removing {size_of(cache.folder) / 2**20:,.0f} MiB in {cache.folder}")
    cache.clear()
    return 0


def report(options: Namespace) -> int:
    """Write the reports of a run again."""
    from benchmarks.cli.session import report_again

    return report_again(options.results_dir, options.run, _catalog(options), options.format)


def _catalog(options: Namespace) -> Catalog:
    from benchmarks.catalog.catalog import load_catalog

    return load_catalog(_plugins(options))


def _plugins(options: Namespace) -> list[Path]:
    plugins: list[Path] = options.plugin
    for path in plugins:
        if not path.is_file():
            raise BenchError(f"--plugin {path}: there is no such file")
    return plugins
