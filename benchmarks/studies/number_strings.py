"""``python -m benchmarks.studies.number_strings``: how often whole numbers of MNIST digits are read correctly.

Numbers of one to five digits that stand apart, touch or overlap, composed of the test digits. With ``--choose`` the
costs of ``benchmarks.inference.reading.division`` are chosen on numbers of the validation digits instead, and printed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from tabulate import tabulate

from benchmarks.analysis.statistics import wilson
from benchmarks.catalog.catalog import read_catalog
from benchmarks.common.paths import RESULTS, ROOT, cache_folder
from benchmarks.datasets.opening import VALIDATION_SUFFIX, open_dataset
from benchmarks.datasets.registry import data_places
from benchmarks.inference.predictor import Predictor
from benchmarks.inference.reading.division import COSTS, Costs
from benchmarks.inference.reading.number import Classified, classified, cut
from benchmarks.studies.whole_numbers.composed import KINDS, compose

if TYPE_CHECKING:
    from benchmarks.datasets.spec import Split

SEED, CHOOSING_SEED = 0, 7
FACTORS = (0.3, 0.5, 0.7, 0.85, 1.2, 1.4, 2.0, 3.0)  # by which each cost is varied in turn
ROUNDS = 3
DOCUMENT = ROOT / "docs/whole-numbers.md"
START, END = "<!-- numbers: made by python -m benchmarks.studies.number_strings -->", "<!-- /numbers -->"

Found = Mapping[str, Sequence[tuple[str, Classified]]]


def main(words: Sequence[str]) -> int:
    """Write the table of the document, or choose the costs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--run", default="local")
    parser.add_argument("--rows", default="svm-rbf@orientation-maps-pca,logistic@orientation-maps-pca,cnn-fast@pixels")
    parser.add_argument("--results-dir", type=Path, default=RESULTS)
    parser.add_argument("--n", type=int, default=1000, help="numbers of each kind")
    parser.add_argument("--choose", action="store_true")
    options = parser.parse_args(words)
    measure = partial(lines_of, options.run, options.results_dir, options.n)
    rows = options.rows.split(",")
    if options.choose:
        models = [opened(options.run, options.results_dir, row, validation=True) for row in rows]
        print(choose([classify(predictor, digits, options.n, CHOOSING_SEED) for predictor, digits in models]))
        return 0
    with ProcessPoolExecutor(len(rows), mp_context=get_context("spawn")) as pool:  # the rows need no common clock
        lines = [line for of_row in pool.map(measure, rows) for line in of_row]
    table = tabulate(
        lines,
        ["row", "one digit %", "digits", "numbers", "correct %", "95 % interval", "n of digits %"],
        tablefmt="github",
    )
    DOCUMENT.write_text(with_table(DOCUMENT.read_text(encoding="utf-8"), table), encoding="utf-8")
    print(table)
    return 0


def opened(run: str, results: Path, row: str, validation: bool) -> tuple[Predictor, Split]:
    """Return a saved model and the digits that it was not trained on: those of the test set, or for validation."""
    dataset = f"mnist{VALIDATION_SUFFIX}" if validation else "mnist"
    _, images = open_dataset(read_catalog().datasets, dataset, data_places(None, cache_folder()))
    return Predictor.load(run, row, dataset=dataset, results_dir=results), images.test


def lines_of(run: str, results: Path, n: int, row: str) -> list[list[str]]:
    """Return the lines of a row of the run, from ``n`` numbers of each kind."""
    predictor, digits = opened(run, results, row, validation=False)
    return table_of(predictor, classify(predictor, digits, n, SEED))


def classify(predictor: Predictor, split: Split, n: int, seed: int) -> Found:
    """Return ``n`` numbers of each kind with what a model says of all that may be digits in them."""
    found = {}
    for kind in KINDS:
        numbers = compose(split, kind, n, seed)
        pictures = cut([one.image for one in numbers], "light-on-dark")
        found[kind] = list(zip([one.number for one in numbers], classified(predictor, pictures), strict=True))
        print(f"{predictor.saved.row}, {kind}: {n} numbers classified", file=sys.stderr, flush=True)
    return found


def choose(found: Sequence[Found]) -> Costs:
    """Return the costs with which most numbers are read correctly: each is varied in turn."""

    def n_correct(costs: Costs) -> int:
        return sum(
            one.number(costs) == number for by_kind in found for some in by_kind.values() for number, one in some
        )

    best, most = COSTS, n_correct(COSTS)
    for _ in range(ROUNDS):
        before = best
        for field in fields(Costs):
            for factor in FACTORS:
                other = replace(best, **{field.name: round(getattr(best, field.name) * factor, 3)})
                if (n := n_correct(other)) > most:
                    best, most = other, n
        print(f"{most} correct with {best}", file=sys.stderr, flush=True)
        if best == before:
            break
    return best


def table_of(predictor: Predictor, found: Found) -> list[list[str]]:
    """Return a line of the table for each kind of numbers."""
    scores = predictor.saved.result.scores
    accuracy = f"{scores.accuracy:.2%}".removesuffix("%") if scores else "–"
    lines = []
    for kind, some in found.items():
        read = [(one.number(), number) for number, one in some]
        n_correct = sum(answer == number for answer, number in read)
        n_counted = sum(len(answer) == len(number) for answer, number in read)
        interval = wilson(n_correct, len(read))
        lines.append(
            [
                predictor.saved.row,
                accuracy,
                kind,
                f"{len(read):,}",
                f"{100 * n_correct / len(read):.1f}",
                f"{100 * interval.low:.1f}–{100 * interval.high:.1f}",
                f"{100 * n_counted / len(read):.1f}",
            ]
        )
    return lines


def with_table(text: str, table: str) -> str:
    """Return the document with the table between its two marks replaced."""
    before, rest = text.split(START)
    return f"{before}{START}\n\n{table}\n\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
