"""The words of the command line → a command and its options."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cli import commands
from benchmarks.common.paths import RESULTS

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

FORMATS = ("png", "svg", "latex", "csv")
GATES = ("accuracy", "fit", "predict", "memory")
COMMANDS = """\
other commands ('python bench.py COMMAND --help' tells more):
  list            models, features and datasets; what is missing; one of them with its settings
  report          write a run's reports again, without running a model
  compare         what changed between two runs, and whether it is more than noise
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
    options = _parser(words[0]).parse_args(words)
    command: Callable[[], int] = partial(options.do, options)
    return command


def _parser(command: str) -> argparse.ArgumentParser:
    """Return a parser that knows one command; all of them, for the message, where there is none of that name."""
    parser = argparse.ArgumentParser(prog="bench.py")
    # with prog given, argparse does not lay out a usage line to find it
    subparsers = parser.add_subparsers(required=True, metavar="run|list|report|…", prog=parser.prog)
    for name in [command] if command in ADDED_BY else ADDED_BY:
        ADDED_BY[name](subparsers)
    return parser


def _common() -> argparse.ArgumentParser:
    """Return the options of most commands."""
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
    return common


def _networks() -> argparse.ArgumentParser:
    """Return the options of commands that may use pretrained networks."""
    networks = argparse.ArgumentParser(add_help=False)
    networks.add_argument(
        "--weights",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="weights of VGG16 or ResNet50 without their last layers, as keras.applications publishes them, where they "
        "cannot be fetched; may be repeated",
    )
    return networks


def _add_list(subparsers: Subparsers) -> None:
    listing = subparsers.add_parser(
        "list",
        parents=[_common()],
        description="Models, features, datasets; what is missing. With NAME: one of them with its settings.",
    )
    listing.add_argument("name", nargs="?", metavar="NAME", help="a model, feature pipeline or dataset, or a glob")
    listing.add_argument("--json", action="store_true", help="for programs")
    listing.set_defaults(do=commands.list_all)


def _add_compare_models(subparsers: Subparsers) -> None:
    pair = subparsers.add_parser(
        "compare-models", parents=[_common()], description="Explain how two rows of a run differ."
    )
    pair.add_argument("first", metavar="A", help="a row, as svm-rbf@hog")
    pair.add_argument("second", metavar="B", help="another row")
    pair.add_argument("--run", default="local", metavar="RUN", help="default: local")
    pair.add_argument("--dataset", metavar="NAME", help="default: the run's only one")
    pair.set_defaults(do=commands.compare_models)


def _add_new_model(subparsers: Subparsers) -> None:
    new_model = subparsers.add_parser("new-model", description="Write a starting file for a model of your own.")
    new_model.add_argument("file", type=Path, metavar="FILE", help="as my_model.py; a file that is there stays")
    new_model.set_defaults(do=commands.new_model)


def _add_check(subparsers: Subparsers) -> None:
    check = subparsers.add_parser(
        "check",
        parents=[_common(), _networks()],
        description="Say line by line which promises a model, a feature pipeline or a dataset keeps. "
        "Exit code 0: all; 1: not all; 2: bad input.",
    )
    check.add_argument("what", metavar="NAME|FILE", help="a name, or a plug-in file: then all that it defines")
    check.add_argument(
        "--timeout", type=_above_zero(float), default=120.0, metavar="S", help="seconds for one promise (120)"
    )
    check.add_argument("--memory", type=_above_zero(float), metavar="GIB", help="memory (8, or what is free)")
    check.set_defaults(do=commands.check)


def _add_predict(subparsers: Subparsers) -> None:
    predict = subparsers.add_parser(
        "predict",
        parents=[_common(), _networks()],
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
    predict.set_defaults(do=commands.predict)


def _add_clear_cache(subparsers: Subparsers) -> None:
    clear = subparsers.add_parser("clear-cache", description="Remove every cached feature matrix.")
    clear.set_defaults(do=commands.clear_cache)


def _add_report(subparsers: Subparsers) -> None:
    report = subparsers.add_parser("report", parents=[_common()], description="Write a run's reports again.")
    report.add_argument("run", nargs="?", default="local", metavar="RUN", help="default: local")
    report.add_argument(
        "--format",
        type=_formats,
        default=(),
        metavar="KINDS",
        help=f"also write figures and tables as files: {','.join(FORMATS)}",
    )
    report.set_defaults(do=commands.report)


def _add_run(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "run",
        parents=[_common(), _networks()],
        epilog=COMMANDS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Which model should read these small images, and at what cost?",
        usage="bench.py [run] [options]",
    )
    parser.set_defaults(do=commands.run)
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


def _add_compare(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("compare", parents=[_common()], description="What changed from run A to run B?")
    parser.set_defaults(do=commands.compare)
    parser.epilog = (
        "One of the two may also be a leaderboard.csv that a run wrote, copied anywhere: accuracy is then judged "
        "without pairs, and times are not compared. Two files that 'make regress-save' stored are compared with "
        "each other. Exit code 0: nothing of --fail-on is worse; 1: something is, or a row now fails; 2: they cannot "
        "be compared."
    )
    parser.add_argument("first", metavar="A", help="a run's name or folder")
    parser.add_argument("second", metavar="B", help="another one, compared with A")
    parser.add_argument("--dataset", metavar="NAME", help="by default every one that both runs have")
    parser.add_argument(
        "--fail-on",
        type=_gate,
        default=GATES,
        metavar="FIGURES",
        help=f"exit with 1 if one of these is worse ({','.join(GATES)}); 'nothing' never does",
    )


def _gate(text: str) -> tuple[str, ...]:
    names = () if text == "nothing" else tuple(name.strip() for name in text.split(","))
    if unknown := [name for name in names if name not in GATES]:
        raise argparse.ArgumentTypeError(f"'{unknown[0]}' should be one of {', '.join(GATES)}, or nothing")
    return names


def _above_zero(kind: type[int] | type[float]) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = kind(text)
        if not 0 < value < float("inf"):
            raise ValueError
        return value

    read.__name__ = "whole number above 0" if kind is int else "number above 0"  # argparse puts it into its message
    return read


def _formats(text: str) -> tuple[str, ...]:
    kinds = tuple(dict.fromkeys(word.strip().lower() for word in text.split(",")))
    unknown = [kind for kind in kinds if kind not in FORMATS]
    if unknown:
        raise argparse.ArgumentTypeError(f"'{unknown[0]}' should be one or more of {', '.join(FORMATS)}")
    return kinds


ADDED_BY: dict[str, Callable[[Subparsers], None]] = {
    "run": _add_run,
    "list": _add_list,
    "compare-models": _add_compare_models,
    "compare": _add_compare,
    "new-model": _add_new_model,
    "check": _add_check,
    "predict": _add_predict,
    "clear-cache": _add_clear_cache,
    "report": _add_report,
}
"""What adds the parser of each command. Only that of the command that is called is made: argparse takes its time."""
