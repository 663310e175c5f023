"""Commands that messages suggest can be pasted: they name what they need of the options that were given."""

from __future__ import annotations

import shlex
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from benchmarks.cli.parser import parse
from benchmarks.cli.parsing.given import given_by
from benchmarks.common.suggestions import GIVEN, NOTHING, bench_command

PLACES = ("--plugin", "my model.py", "--plugin", "b.py", "--results-dir", "out", "--data-dir", "data")
DATA = ("--dataset", "my images", "--polarity", "dark-on-light", "--normalise", "--pixel-range=-1..1", "--no-transpose")


@pytest.fixture(autouse=True)
def nothing_given() -> Iterator[None]:
    token = GIVEN.set(NOTHING)
    yield
    GIVEN.reset(token)


def parsed_options(words: Sequence[str]) -> Namespace:
    """Return the options of a command line."""
    options: Namespace = parse(words).args[-1]  # type: ignore[attr-defined]  # a partial
    return options


def give(*words: str) -> Namespace:
    """Let a command line be that of the command under way."""
    options = parsed_options(words)
    GIVEN.set(given_by(options))
    return options


@pytest.mark.parametrize(
    "given",
    [
        ["--models", "knn", *PLACES, *DATA, "--run", "mine", "--image-size", "32"],
        ["tune", "knn", *PLACES, *DATA, "--run", "mine", "--image-size", "32"],
    ],
)
def test_a_suggested_run_reads_the_same_data_with_the_same_plugins(given: list[str]) -> None:
    parsed = give(*given)
    for suggested in (bench_command("--models", "knn"), bench_command("tune", "knn@hog")):
        words = shlex.split(suggested)
        assert words[:2] == ["python", "bench.py"]
        again = parsed_options(words[2:])
        for name in ("plugins", "results_dir", "data_dir", "dataset", "polarity", "normalise", "centre", "run"):
            assert getattr(again, name) == getattr(parsed, name), name
        for name in ("pixel_range", "transpose", "image_size", "label_column", "shape"):
            assert getattr(again, name) == getattr(parsed, name), name


def test_other_commands_get_no_options_that_they_do_not_have() -> None:
    give("--models", "knn", *PLACES, *DATA)
    for words in (("report", "local"), ("list", "knn"), ("check", "b.py"), ("serve", "local")):
        again = parsed_options(shlex.split(bench_command(*words))[2:])
        assert again.plugins == [Path("my model.py"), Path("b.py")] and again.results_dir == Path("out")


def test_what_is_among_the_words_is_not_added_again() -> None:
    give("predict", "local", "knn", "a.png", "--dataset", "digits", "--results-dir", "out")
    assert bench_command("--models", "knn", "--dataset", "mnist") == (
        "python bench.py --models knn --dataset mnist --results-dir out"
    )
    give("list")
    assert bench_command("report", "local") == "python bench.py report local", "nothing was given"
