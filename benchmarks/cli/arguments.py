"""Arguments that several commands have, and how single values of the command line are read."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.common.paths import RESULTS

FORMATS = ("png", "svg", "latex", "csv")


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of every command that needs plug-ins, data and results."""
    parser.add_argument(
        "--plugin",
        dest="plugins",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a Python file that defines MODELS, FEATURES or DATASETS; may be repeated",
    )
    add_results(parser)
    parser.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help="where the data are, or are downloaded to (DIGITBENCH_DATA, else a cache folder)",
    )


def add_results(parser: argparse.ArgumentParser) -> None:
    """Add where results are stored."""
    parser.add_argument("--results-dir", type=Path, default=RESULTS, metavar="DIR", help="default: results/")


def add_weights(parser: argparse.ArgumentParser) -> None:
    """Add the argument of commands that run large networks."""
    parser.add_argument(
        "--weights",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="weights of VGG16 or ResNet50 without their last layers, as keras.applications publishes them, where they "
        "cannot be fetched; may be repeated",
    )


def add_allow_network(group: argparse._ActionsContainer) -> None:
    """Add the argument of commands that run models."""
    group.add_argument("--allow-network", action="store_true", help="let models use the internet")


def add_data(group: argparse._ArgumentGroup) -> None:
    """Add which data are used, and how one's own are read."""
    group.add_argument(
        "--dataset",
        default="auto",
        metavar="NAME|PATH",
        help="a name, the path of your own data (docs/add-a-dataset.md), openml:NUMBER, or auto: MNIST where it can be "
        "had, else the digits of scikit-learn (auto)",
    )
    group.add_argument(
        "--polarity",
        choices=("auto", "dark-on-light", "light-on-dark"),
        default="auto",
        help="of your own images; auto: as the borders of most of them show (auto)",
    )
    group.add_argument("--centre", action="store_true", help="centre your own images by their mass, as MNIST's are")
    group.add_argument(
        "--normalise",
        action="store_true",
        help="centre your own images and make their strokes even: thin pens, scans and photographs",
    )
    group.add_argument(
        "--image-size",
        type=above_zero(int),
        metavar="N",
        help="pixels of height and width, 8 to 256 (28, or what a published dataset has)",
    )
    group.add_argument(
        "--label-column", metavar="NAME", help="of your own table: a name, or first or last (label, or the first)"
    )
    group.add_argument(
        "--no-heading", dest="heading", action="store_false", help="the first line of your own CSV is an image"
    )
    group.add_argument(
        "--transpose",
        action=argparse.BooleanOptionalAction,
        help="exchange rows and columns of your own images (where EMNIST is in the files' names)",
    )
    group.add_argument(
        "--shape",
        type=shape,
        metavar="HxW",
        help="of your own images in rows of pixels: 35x25, 28x28x3 or 3x28x28 (squares)",
    )
    group.add_argument(
        "--pixel-range",
        type=pixel_range,
        metavar="LOW..HIGH",
        help="of your own arrays and tables: 0..4095, or =-1..1 with an equals sign before it (0..255, or 0..1)",
    )


def add_train_sizes(group: argparse._ArgumentGroup, words: str) -> None:
    """Add the numbers of training images."""
    group.add_argument("--train-size", dest="train_sizes", type=sizes, default=(), metavar="N[,N…]", help=words)


def add_limits(group: argparse._ArgumentGroup, timeout: float | None) -> None:
    """Add the limits of a trial; ``timeout`` of None: what the command chooses."""
    group.add_argument(
        "--timeout",
        type=above_zero(float),
        default=timeout,
        metavar="S",
        help=f"seconds for one trial ({f'{timeout:g}' if timeout else 'ten times what the defaults take'})",
    )
    group.add_argument(
        "--memory", type=above_zero(float), metavar="GIB", help="memory for one trial (8, or what is free)"
    )
    group.add_argument(
        "--threads", type=above_zero(int), metavar="N", help="for one trial (all cores, shared by --jobs)"
    )
    group.add_argument(
        "--jobs",
        type=above_zero(int),
        default=1,
        metavar="N",
        help="trials at the same time, on each machine; their times are then marked as contended (1)",
    )
    group.add_argument(
        "--cluster",
        metavar="WHERE",
        help="run the trials on other machines: tcp://HOST:PORT of a Dask scheduler, local:N for N workers here, or "
        "FILE.yaml:N for N jobs of dask-jobqueue (docs/many-machines.md)",
    )
    group.add_argument(
        "--fresh", action="store_true", help="start a new Python for each trial, which imports all libraries by itself"
    )
    add_allow_network(group)


def add_run_name(group: argparse._ArgumentGroup) -> None:
    """Add the name of the run."""
    group.add_argument("--run", default="local", metavar="NAME", help="the folder under results/ (local)")


def add_no_cache(group: argparse._ArgumentGroup) -> None:
    """Add the switch for the feature cache."""
    group.add_argument(
        "--no-cache", dest="cache", action="store_false", help="compute every feature matrix again, once in this run"
    )


def seed(text: str) -> int:
    """Read a whole number that is not negative."""
    value = int(text)
    if not 0 <= value < 2**32:
        raise ValueError
    return value


def sizes(text: str) -> tuple[int, ...]:
    """Read ``100,1000``."""
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or min(found) < 1:
        raise BenchError(f"--train-size '{text}' should be whole numbers above 0, with commas between them")
    return found


def shape(text: str) -> tuple[int, ...]:
    """Read ``28x28`` or ``28x28x3``."""
    sides = text.lower().replace("×", "x").split("x")
    if len(sides) not in (2, 3) or not all(side.isascii() and side.isdecimal() and int(side) > 0 for side in sides):
        raise BenchError(
            f"--shape '{text[:40]}' should be a height and a width, as 28x28, or with channels, as 28x28x3"
        )
    return tuple(map(int, sides))


def pixel_range(text: str) -> tuple[float, float]:
    """Read ``0..4095``."""
    low, _, high = text.partition("..")
    try:
        return float(low), float(high)
    except ValueError as error:
        raise BenchError(
            f"--pixel-range '{text[:40]}' should be the lowest and the highest value, as 0..4095 (=-1..1)"
        ) from error


def names(text: str) -> tuple[str, ...]:
    """Read ``a,b``."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",")))


def formats(text: str) -> tuple[str, ...]:
    """Read names of file formats, in any case."""
    return some_of(FORMATS)(text.lower())


def some_of(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """Return what reads names out of ``known``, or ``nothing``."""

    def read(text: str) -> tuple[str, ...]:
        found = () if text == "nothing" else names(text)
        if unknown := [name for name in found if name not in known]:
            raise argparse.ArgumentTypeError(f"'{unknown[0]}' should be one of {', '.join(known)}, or nothing")
        return found

    return read


def above_zero(kind: type[int] | type[float]) -> Callable[[str], float]:
    """Return what reads a number above 0."""

    def read(text: str) -> float:
        value = kind(text)
        if not 0 < value < float("inf"):
            raise ValueError
        return value

    read.__name__ = "whole number above 0" if kind is int else "number above 0"  # argparse puts it into its message
    return read
