"""The words of the command line → what is to be done."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.errors import BenchError
from benchmarks.folders import RESULTS, cache_folder

if TYPE_CHECKING:
    from benchmarks.catalog import Catalog

COMMANDS = """\
other commands ('python bench.py COMMAND --help' tells more):
  list            models, features and datasets; what is missing and why
  report          write a run's reports again, without running a model
  compare-models  how two rows of a run differ, and whether it is more than chance
  new-model       write a starting file for a model of your own
  check           does a model, a feature pipeline or a dataset keep its contract?
  predict         have a kept model read image files
  clear-cache     remove every cached feature matrix

examples:
  python bench.py --models all
  python bench.py --models 'svm*,knn' --features hog,pixels
  python bench.py --models 'svm-rbf[C=1,gamma=0.02],knn[stock]' --dataset digits
  python bench.py --plugin my_model.py --models my-model,knn

exit codes: 0 every trial is ok or skipped; 1 some failed, timed out or ran out of memory; 2 the
arguments or the data are wrong; 130 interrupted (the same command goes on where it was)"""


def parse(arguments: Sequence[str]) -> Callable[[], int]:
    """Return what the arguments ask for, ready to be called; it returns the exit code.

    Without a command it is ``run``; without anything, its help. Exits with 2 if the words cannot be read.
    """
    words = list(arguments) or ["--help"]
    if words[0].startswith("-"):
        words.insert(0, "run")
    options = _parser().parse_args(words)
    command: Callable[[], int] = partial(options.do, options)
    return command


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--plugin",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a Python file that defines MODELS, FEATURES or DATASETS; may be repeated",
    )
    common.add_argument("--data-dir", type=Path, metavar="DIR", help="where the data lies, or is downloaded to")
    common.add_argument("--results-dir", type=Path, default=RESULTS, metavar="DIR", help="default: results/")
    parser = argparse.ArgumentParser(prog="bench.py")
    commands = parser.add_subparsers(required=True, metavar="run|list|report|…")
    _add_run(
        commands.add_parser(
            "run",
            parents=[common],
            epilog=COMMANDS,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            description="Which model should read these small images, and at what cost?",
            usage="bench.py [run] [options]",
        )
    )
    listing = commands.add_parser("list", parents=[common], description="Models, features, datasets; what is missing.")
    listing.add_argument("--json", action="store_true", help="for programs")
    listing.set_defaults(do=_list)
    pair = commands.add_parser("compare-models", parents=[common], description="Explain how two rows of a run differ.")
    pair.add_argument("first", metavar="A", help="a row, as svm-rbf@hog")
    pair.add_argument("second", metavar="B", help="another row")
    pair.add_argument("--run", default="local", metavar="RUN", help="default: local")
    pair.add_argument("--dataset", default="mnist", metavar="NAME", help="default: mnist")
    pair.set_defaults(do=_compare_models)
    new_model = commands.add_parser("new-model", description="Write a starting file for a model of your own.")
    new_model.add_argument("file", type=Path, metavar="FILE", help="as my_model.py; a file that is there stays")
    new_model.set_defaults(do=_new_model)
    check = commands.add_parser(
        "check",
        parents=[common],
        description="Say line by line which promises a model, a feature pipeline or a dataset keeps. "
        "Exit code 0: all; 1: not all; 2: bad input.",
    )
    check.add_argument("what", metavar="NAME|FILE", help="a name, or a plug-in file: then all that it defines")
    check.add_argument(
        "--timeout", type=_above_zero(float), default=120.0, metavar="S", help="seconds for one promise (120)"
    )
    check.add_argument("--memory", type=_above_zero(float), metavar="GIB", help="memory (8, or what is free)")
    check.set_defaults(do=_check)
    predict = commands.add_parser(
        "predict",
        parents=[common],
        description="Have a model that was kept with --keep-models read image files of any size. A kept model can run "
        "code when it is read: only use runs of your own.",
    )
    predict.add_argument("run", metavar="RUN", help="a run, as local")
    predict.add_argument("model", metavar="MODEL", help="a row, as svm-rbf@hog; or a model that has one row only")
    predict.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="image files")
    predict.add_argument("--dataset", metavar="NAME", help="what it learnt from, where the run has several")
    predict.add_argument(
        "--polarity",
        choices=("auto", "dark-on-light", "light-on-dark"),
        default="auto",
        help="of the images; auto: as the border of each says (auto)",
    )
    predict.add_argument("--json", action="store_true", help="for programs, with the probabilities of every class")
    predict.set_defaults(do=_predict)
    clear = commands.add_parser("clear-cache", description="Remove every cached feature matrix.")
    clear.set_defaults(do=_clear_cache)
    report = commands.add_parser("report", parents=[common], description="Write a run's reports again.")
    report.add_argument("run", nargs="?", default="local", metavar="RUN", help="default: local")
    report.set_defaults(do=_report)
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(do=_run)
    what = parser.add_argument_group("what is run")
    what.add_argument(
        "--models", default="all", metavar="NAMES", help="names and globs, with settings in brackets (all)"
    )
    what.add_argument("--features", metavar="NAMES", help="pipelines, for every model (each model's own)")
    what.add_argument(
        "--dataset",
        default="auto",
        metavar="NAME|PATH",
        help="a name, the path of your own data (docs/add-a-dataset.md), or auto: MNIST where it can be had, "
        "else the digits of scikit-learn (auto)",
    )
    what.add_argument(
        "--polarity",
        choices=("auto", "dark-on-light", "light-on-dark"),
        default="auto",
        help="of your own images; auto: as the borders of most of them say (auto)",
    )
    what.add_argument("--centre", action="store_true", help="centre your own images by their mass, as MNIST's are")
    what.add_argument(
        "--seeds", type=_above_zero(int), default=1, metavar="N", help="how many, for models with chance in them (1)"
    )
    what.add_argument("--train-size", default="", metavar="N[,N…]", help="learn from so many images (all)")
    limits = parser.add_argument_group("within what limits")
    limits.add_argument(
        "--timeout", type=_above_zero(float), default=1800.0, metavar="S", help="seconds for one trial (1800)"
    )
    limits.add_argument(
        "--memory", type=_above_zero(float), metavar="GIB", help="memory for one trial (8, or what is free)"
    )
    limits.add_argument(
        "--max-minutes", type=_above_zero(float), metavar="N", help="start nothing that would not end in time"
    )
    limits.add_argument(
        "--threads", type=_above_zero(int), metavar="N", help="for one trial (all cores, shared by --jobs)"
    )
    limits.add_argument(
        "--jobs",
        type=_above_zero(int),
        default=1,
        metavar="N",
        help="trials at once; their times are then marked as contended (1)",
    )
    kept = parser.add_argument_group("what is kept")
    kept.add_argument("--run", default="local", metavar="NAME", help="the folder under results/ (local)")
    kept.add_argument("--force", action="store_true", help="run trials again whose stored results still hold")
    kept.add_argument(
        "--keep-models",
        action="store_true",
        help="keep fitted models for 'predict'; nearest neighbours are as large as their data",
    )
    kept.add_argument("--no-cache", action="store_true", help="compute every feature matrix anew")


def _above_zero(kind: type[int] | type[float]) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = kind(text)
        if not 0 < value < float("inf"):
            raise ValueError
        return value

    read.__name__ = "whole number above 0" if kind is int else "number above 0"  # argparse puts it into its message
    return read


def _run(options: argparse.Namespace) -> int:
    from benchmarks.datasets.prepare import Preparation
    from benchmarks.datasets.registry import data_places
    from benchmarks.harness import RunOptions
    from benchmarks.launch import Limits, default_memory_gb
    from benchmarks.plan import Choice, parse_sizes
    from benchmarks.session import Session

    cache = cache_folder()
    sizes = parse_sizes(options.train_size) if options.train_size else ()
    threads = options.threads or max(1, (os.cpu_count() or 1) // options.jobs)
    return Session(
        catalog=_catalog(options),
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


def _list(options: argparse.Namespace) -> int:
    import json

    from benchmarks.datasets.registry import data_places
    from benchmarks.listing import as_text, describe

    cache = cache_folder()
    listing = describe(_catalog(options), data_places(options.data_dir, cache), cache / "features")
    print(json.dumps(listing, indent=1) if options.json else as_text(listing))
    return 0


def _compare_models(options: argparse.Namespace) -> int:
    from benchmarks.report.pair import explain
    from benchmarks.store import ResultStore

    print(explain(ResultStore(options.results_dir, options.run, options.dataset), options.first, options.second))
    return 0


def _new_model(options: argparse.Namespace) -> int:
    from benchmarks.new_model import write_new_model

    print(write_new_model(options.file))
    return 0


def _check(options: argparse.Namespace) -> int:
    from benchmarks.contract.run import Checking
    from benchmarks.datasets.registry import data_places
    from benchmarks.launch import Limits, default_memory_gb

    places = data_places(options.data_dir, cache_folder())
    limits = Limits(options.timeout, options.memory or default_memory_gb(jobs=1), threads=min(2, os.cpu_count() or 1))
    return Checking(options.what, _plugins(options), places, limits).execute()


def _predict(options: argparse.Namespace) -> int:
    from benchmarks.predict import Predicting, find_kept

    kept = find_kept(options.results_dir, options.run, options.model, options.dataset)
    return Predicting(kept, _plugins(options), options.images, options.polarity, options.json).execute()


def _clear_cache(options: argparse.Namespace) -> int:
    from benchmarks.feature_cache import FeatureCache

    cache = FeatureCache(cache_folder() / "features")
    print(f"removing {cache.size_bytes() / 2**20:,.0f} MiB in {cache.folder}")
    cache.clear()
    return 0


def _report(options: argparse.Namespace) -> int:
    from benchmarks.session import report_again

    return report_again(options.results_dir, options.run, _catalog(options))


def _catalog(options: argparse.Namespace) -> Catalog:
    from benchmarks.catalog import load_catalog

    return load_catalog(_plugins(options))


def _plugins(options: argparse.Namespace) -> list[Path]:
    plugins: list[Path] = options.plugin
    for path in plugins:
        if not path.is_file():
            raise BenchError(f"--plugin {path}: there is no such file")
    return plugins
