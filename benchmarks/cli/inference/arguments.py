"""The arguments of the commands that use saved models."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from benchmarks.cli import arguments
from benchmarks.common.errors import BenchError

FILES = "image files, folders of them, or globs"


def add_predict(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``predict``."""
    arguments.add_common(parser)
    arguments.add_weights(parser)
    parser.add_argument("run", metavar="RUN", help="a run, as local")
    parser.add_argument("model", metavar="MODEL", help="a row, as svm-rbf@hog; or a model that has one row only")
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help=FILES)
    _add_dataset(parser)
    _add_polarity(parser, "of the images; auto: as the border of each shows (as the images that it was trained on)")
    parser.add_argument(
        "--centre",
        action=argparse.BooleanOptionalAction,
        help="scale and centre the digit in each image (as for its training)",
    )
    parser.add_argument(
        "--normalise",
        action=argparse.BooleanOptionalAction,
        help="and make strokes and light even: photographs, scans, thin pens (as for its training)",
    )
    parser.add_argument(
        "--transpose",
        action=argparse.BooleanOptionalAction,
        help="exchange rows and columns of the images (as --transpose was given for its training)",
    )
    parser.add_argument("--json", action="store_true", help="for programs, with the probabilities of every class")
    _add_trust(parser)
    _add_error(parser)


def add_export(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``export-model``."""
    arguments.add_common(parser)
    arguments.add_weights(parser)
    parser.add_argument("run", metavar="RUN", help="a run, as local")
    parser.add_argument("model", metavar="MODEL", help="a row, as svm-rbf@hog; or a model that has one row only")
    _add_dataset(parser)
    parser.add_argument("--format", choices=("onnx",), default="onnx", help="of the file (onnx)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the file (in exported/ of the run's folder)")
    parser.add_argument("--force", action="store_true", help="replace files that are there")
    parser.add_argument("--int8", action="store_true", help="write a network with layers in int8, too")
    _add_trust(parser)


def add_read(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``read``."""
    arguments.add_common(parser)
    arguments.add_weights(parser)
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help=f"{FILES}; one line of digits in each")
    parser.add_argument("--run", metavar="RUN", help="a run with saved models (local, or else quick)")
    parser.add_argument("--row", metavar="ROW", help="a row, as svm-rbf@hog (the most accurate that is saved)")
    _add_dataset(parser)
    _add_polarity(parser, "of the images (as the border and the strokes of each show)")
    parser.add_argument("--json", action="store_true", help="for programs, with the box of every digit")
    parser.add_argument("--boxes", type=Path, metavar="FILE", help="write the image with boxes around its digits")
    _add_trust(parser)


def add_serve(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``serve``."""
    arguments.add_common(parser)
    arguments.add_weights(parser)
    parser.add_argument(
        "run",
        nargs="?",
        metavar="RUN",
        help="a run with saved models (local, or else the run 'quick', which is made if there is none)",
    )
    _add_dataset(parser)
    parser.add_argument(
        "--onnx",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help="serve files that export-model wrote, in place of a run: without TensorFlow, scikit-learn or pickles",
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="HOST",
        help="the address to listen on; any but this machine's own lets others ask (127.0.0.1)",
    )
    parser.add_argument("--port", type=port, default=8000, metavar="N", help="0: any that is free (8000)")
    parser.add_argument(
        "--memory",
        type=arguments.above_zero(float),
        metavar="GIB",
        help="memory for all models together; the least used are ended first (half of what is free)",
    )
    parser.add_argument(
        "--timeout", type=arguments.above_zero(float), default=10.0, metavar="S", help="seconds for one answer (10)"
    )
    _add_trust(parser)
    _add_error(parser)


def _add_dataset(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", metavar="NAME|PATH", help="what it was trained on, where the run has several")


def _add_polarity(parser: argparse.ArgumentParser, help_text: str) -> None:
    parser.add_argument("--polarity", choices=("auto", "dark-on-light", "light-on-dark"), help=help_text)


def _add_trust(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--trust", action="store_true", help="run the code in a model that is not from this machine")


def _add_error(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--error",
        type=share,
        metavar="RATE",
        help="answer 'not sure' where needed for this error rate on the validation split, as 0.1%% or 0.001 (never)",
    )


def share(text: str) -> float:
    """Read ``0.1%`` or ``0.001``."""
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = math.nan
    if not 0 <= value < 1:
        raise BenchError(f"--error '{text[:40]}' should be a share below 1, as 0.1% or 0.001")
    return value


def port(text: str) -> int:
    """Read the number of a port."""
    if not (text.isascii() and text.isdecimal() and int(text[:9]) <= 65_535):
        raise BenchError(f"--port '{text[:40]}' should be a whole number from 0 to 65535")
    return int(text)
