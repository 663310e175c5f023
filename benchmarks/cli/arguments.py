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
