"""The arguments of the command line → a command and its options."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path

from benchmarks.cli import arguments
from benchmarks.cli.inference import arguments as inference
from benchmarks.cli.parsing.given import given_by
from benchmarks.cli.parsing.usage import Parser
from benchmarks.common.suggestions import GIVEN
from features.naming import UnknownNameError

EPILOG = """\
other commands ('python bench.py COMMAND --help' tells more):
  list            models, features and datasets; what is missing; one of them with its settings
  tune            search better settings of a model, on the validation split only
  report          write a run's reports again, without running a model
  compare         what changed between two runs, and whether it is more than noise
  compare-models  how two rows of a run differ, and whether it is more than chance
  new-model       write a starting file for a model of your own
  check           does a model, a feature pipeline or a dataset meet its requirements?
  predict         predict image files with a saved model
  export-model    write a saved model as an ONNX file, checked against the original
  read            read numbers of several digits in image files with a saved model
  serve           a page to draw on, and an API, for the saved models of a run
  clear-cache     delete every cached feature matrix

examples:
  python bench.py --models all
  python bench.py --models 'svm*,knn' --features hog,pixels
  python bench.py --models svm-rbf@hog,knn@pixels
  python bench.py --models 'svm-rbf[C=1,gamma=0.02],knn[stock]' --dataset digits
  python bench.py --plugin my_model.py --models my-model,knn

exit codes: 0 every trial is ok or skipped; 1 some failed, timed out or ran out of memory; 2 the
arguments or the data are wrong; 130 interrupted (the same command goes on where it was)"""

RUN_USAGE = "bench.py [run] [--models NAMES] [--features NAMES] [--dataset NAME|PATH] [--seeds N] [--plugin FILE] […]"


@dataclass(frozen=True)
class Command:
    """One command: the module with the function of that name, what it does, and what adds its arguments."""

    module: str
    description: str
    add_arguments: Callable[[argparse.ArgumentParser], None]


def parse(words: Sequence[str]) -> Callable[[], int]:
    """Return what the arguments ask for, ready to be called; it returns the exit code.

    Without a command it is ``run``; without anything, its help. Exits with 2 if the arguments cannot be read; raises
    ``UnknownNameError`` for a command that there is not.
    """
    words = list(words) or ["--help"]
    if words[0].startswith("-"):
        words.insert(0, "run")
    if words[0] not in COMMANDS:
        raise UnknownNameError("command", words[0], COMMANDS)
    parser = _parser(words[0])
    options, unknown = parser.parse_known_args(words[1:])
    if unknown:
        parser.refuse(unknown)
    context = copy_context()  # what was given is known while the command runs, and no longer
    context.run(GIVEN.set, given_by(options))
    module = COMMANDS[words[0]].module
    # no command waits for the libraries of another
    command: Callable[[argparse.Namespace], int] = getattr(
        import_module(f"benchmarks.cli.{module}"), module.rpartition(".")[2]
    )
    return partial(context.run, command, options)


def _parser(command: str) -> Parser:
    """Return the parser of a command, whose options know which it is."""
    parser = Parser(prog=f"bench.py {command}", description=COMMANDS[command].description)
    parser.set_defaults(command=command)
    COMMANDS[command].add_arguments(parser)
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.usage = RUN_USAGE
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    arguments.add_common(parser)
    arguments.add_weights(parser)
    _add_choice(parser.add_argument_group("what is run"))
    limits = parser.add_argument_group("within what limits")
    arguments.add_limits(limits, timeout=1800.0)
    limits.add_argument(
        "--max-minutes", type=arguments.above_zero(float), metavar="N", help="start nothing that would not end in time"
    )
    stored = parser.add_argument_group("what is stored")
    arguments.add_run_name(stored)
    stored.add_argument("--force", action="store_true", help="re-run trials whose stored results still hold")
    stored.add_argument(
        "--keep-models",
        action="store_true",
        help="save fitted models for 'predict'; nearest neighbours are as large as their data",
    )
    arguments.add_no_cache(stored)


def _add_choice(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--models",
        default="all",
        metavar="NAMES",
        help="names and globs, with settings in brackets and a pipeline after @, as knn[k=1]@hog; quick: the rows that "
        "are fitted in seconds (all)",
    )
    group.add_argument("--features", metavar="NAMES", help="pipelines, for every model without an @ (each model's own)")
    arguments.add_data(group)
    group.add_argument(
        "--seeds",
        type=arguments.above_zero(int),
        default=1,
        metavar="N",
        help="how many, for models with randomness in them (1)",
    )
    arguments.add_train_sizes(group, "train on so many images (all)")
    group.add_argument(
        "--evaluate",
        type=arguments.names,
        default=(),
        metavar="NAMES",
        help="evaluation sets beside the test set: shifted (none)",
    )


def _add_tune(parser: argparse.ArgumentParser) -> None:
    arguments.add_common(parser)
    arguments.add_weights(parser)
    parser.add_argument("row", metavar="MODEL", help="a model, as svm-rbf or svm-rbf@hog")
    parser.add_argument("--features", metavar="NAME", help="the pipeline, where the model has several")
    _add_study(parser.add_argument_group("what is searched"))
    arguments.add_data(parser.add_argument_group("data"))
    arguments.add_limits(parser.add_argument_group("within what limits"), timeout=None)
    stored = parser.add_argument_group("what is stored")
    arguments.add_run_name(stored)
    arguments.add_no_cache(stored)


def _add_study(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--trials",
        type=arguments.above_zero(int),
        default=50,
        metavar="N",
        help="settings in all, the defaults first (50)",
    )
    group.add_argument("--minutes", type=arguments.above_zero(float), metavar="N", help="end after so many minutes")
    group.add_argument(
        "--param",
        dest="params",
        action="append",
        default=[],
        metavar="'NAME=1..100 log'",
        help="a narrower range, or values as k=1,3,5, or one value; may be repeated (all that 'list MODEL' shows)",
    )
    group.add_argument("--only", type=arguments.names, default=(), metavar="NAMES", help="search these settings alone")
    group.add_argument(
        "--sampler",
        choices=("tpe", "random", "grid", "cma-es"),
        help="how settings are chosen (grid where that is no larger than --trials, else tpe)",
    )
    group.add_argument("--seed", type=arguments.seed, default=0, metavar="N", help="of the sampler (0)")
    group.add_argument(
        "--minimise",
        default="error",
        metavar="GOALS",
        help="error, latency, fit, size, memory or any metric; several, as error,latency, give a Pareto set (error)",
    )
    group.add_argument("--within", default="", metavar="BOUNDS", help="bounds that the best keeps to, as latency<2ms")
    arguments.add_train_sizes(
        group,
        "train on so many images (all); with several sizes each setting begins at the smallest, the best third goes on",
    )
    group.add_argument("--hyperband", action="store_true", help="begin at larger sizes too, in turn")
    group.add_argument(
        "--prune",
        dest="epochs",
        action="store_true",
        help="stop networks that are not among the best third after 1, 3, 9, … epochs, by their validation images",
    )
    group.add_argument("--study", metavar="NAME", help="its name (MODEL-FEATURES)")
    group.add_argument(
        "--then-run", action="store_true", help="then run the defaults and the best settings, once on the test set"
    )


def _add_list(parser: argparse.ArgumentParser) -> None:
    arguments.add_common(parser)
    parser.add_argument("name", nargs="?", metavar="NAME", help="a model, feature pipeline or dataset, or a glob")
    parser.add_argument("--json", action="store_true", help="for programs")


def _add_report(parser: argparse.ArgumentParser) -> None:
    arguments.add_common(parser)
    parser.add_argument("run", nargs="?", default="local", metavar="RUN", help="default: local")
    parser.add_argument("--dataset", metavar="NAME|PATH", help="one of the run's (all)")
    parser.add_argument(
        "--format",
        type=arguments.formats,
        default=(),
        metavar="KINDS",
        help=f"also write figures and tables as files: {','.join(arguments.FORMATS)}",
    )
    parser.add_argument(
        "--machine",
        metavar="ID",
        help="print the leaderboard of what was measured on one kind of machine, and write no report",
    )


def _add_compare(parser: argparse.ArgumentParser) -> None:
    from benchmarks.analysis.metrics import COMPARED

    comparable = tuple(metric.heading for metric in COMPARED)
    gates = tuple(metric.heading for metric in COMPARED if metric.gate)
    arguments.add_results(parser)
    parser.epilog = (
        "One of the two may also be a leaderboard.csv that a run wrote, copied anywhere: accuracy is then judged "
        "without pairs, and times are not compared. Two files that 'make regress-save' stored are compared with "
        "each other. Exit code 0: nothing of --fail-on is worse; 1: something is, or a row now fails; 2: they cannot "
        "be compared."
    )
    parser.add_argument("first", metavar="A", help="a run's name or folder")
    parser.add_argument("second", metavar="B", help="another one, compared with A")
    parser.add_argument("--dataset", metavar="NAME|PATH", help="by default every one that both runs have")
    parser.add_argument(
        "--fail-on",
        type=arguments.some_of(comparable),
        default=gates,
        metavar="METRICS",
        help=f"exit with 1 if one of these is worse: {', '.join(comparable)}, or nothing ({','.join(gates)})",
    )


def _add_compare_models(parser: argparse.ArgumentParser) -> None:
    arguments.add_common(parser)
    parser.add_argument("first", metavar="A", help="a row, as svm-rbf@hog")
    parser.add_argument("second", metavar="B", help="another row")
    parser.add_argument("--run", default="local", metavar="RUN", help="default: local")
    parser.add_argument("--dataset", metavar="NAME|PATH", help="default: the run's only one")


def _add_new_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="as my_model.py; an existing file is not changed")


def _add_check(parser: argparse.ArgumentParser) -> None:
    arguments.add_common(parser)
    arguments.add_weights(parser)
    parser.add_argument("what", metavar="NAME|FILE", help="a name, or a plug-in file: then all that it defines")
    parser.add_argument(
        "--timeout", type=arguments.above_zero(float), default=120.0, metavar="S", help="seconds for one check (120)"
    )
    parser.add_argument("--memory", type=arguments.above_zero(float), metavar="GIB", help="memory (8, or what is free)")
    arguments.add_allow_network(parser)


def _add_nothing(parser: argparse.ArgumentParser) -> None:
    pass


COMMANDS = {
    "run": Command("run", "Which model should classify these small images, and at what cost?", _add_run),
    "tune": Command(
        "tune",
        "Search better settings of a model on the validation split, with Optuna; the test set is not looked at. The "
        "same command goes on with a study that was interrupted, and several at once share one.",
        _add_tune,
    ),
    "list": Command(
        "list_entries",
        "Models, features, datasets; what is missing. With NAME: one of them with its settings.",
        _add_list,
    ),
    "report": Command("report", "Write a run's reports again.", _add_report),
    "compare": Command("compare", "What changed from run A to run B?", _add_compare),
    "compare-models": Command("compare_models", "Explain how two rows of a run differ.", _add_compare_models),
    "new-model": Command("new_model", "Write a starting file for a model of your own.", _add_new_model),
    "check": Command(
        "check",
        "Report line by line which requirements a model, a feature pipeline or a dataset meets. "
        "Exit code 0: all; 1: not all; 2: bad input.",
        _add_check,
    ),
    "predict": Command(
        "inference.predict",
        "Predict image files of any size with a model that was saved with --keep-models. Reading a model runs "
        "code: of one that you did not save on this machine, only with --trust.",
        inference.add_predict,
    ),
    "export-model": Command(
        "inference.export_model",
        "Write a model that was saved with --keep-models as an ONNX file, with its features in the graph and a model "
        "card; compare both on all test images. Exit code 0: all labels are equal; 1: some differ; 2: it cannot be "
        "exported.",
        inference.add_export,
    ),
    "read": Command(
        "inference.read",
        "Read the number in each image file, one line of handwritten digits, with a saved model. Reading a model "
        "runs code: of one that you did not save on this machine, only with --trust.",
        inference.add_read,
    ),
    "serve": Command(
        "inference.serve",
        "Serve the saved models of a run on this machine: a page to draw on, and an API. Without RUN and saved models "
        "the quick ones are trained first.",
        inference.add_serve,
    ),
    "clear-cache": Command("clear_cache", "Delete every cached feature matrix.", _add_nothing),
}
