"""Benchmarks that look slower are repeated, alternating with the baseline code, before they are reported."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.common.paths import ROOT
from benchmarks.regression.detection.baseline_code import baseline_code
from benchmarks.regression.detection.detect import Comparison, Repetition, compare, suspects_of
from benchmarks.regression.detection.repetitions import repetition_ids
from benchmarks.regression.detection.run import SUITE, one_pass
from benchmarks.regression.detection.storage import BenchmarkResults

MAX_CONFIRMATIONS = 6


@dataclass(frozen=True)
class Confirmation:
    """The comparisons, and a sentence about the repeated benchmarks; empty if none were."""

    comparisons: list[Comparison]
    repeated: str = ""


def confirm(baseline: BenchmarkResults, current: BenchmarkResults) -> Confirmation:
    """Compare the baseline with the working tree, whose first results are ``current``.

    Suspects are timed alternately with both versions of the code, so that a slower machine slows both. If git does
    not have the baseline's commit, or library versions differ, the stored times are used instead.
    """
    same_machine = baseline.machine == current.machine
    comparisons = {one.name: one for one in compare(baseline.repetitions, current.repetitions, same_machine)}
    suspects = repeated = suspects_of(comparisons.values())
    commit = baseline.commit if same_machine and baseline.packages == current.packages else None
    with baseline_code(commit if suspects else None) as baseline_tree:
        old: tuple[Repetition, ...] = () if baseline_tree else baseline.repetitions
        against = f"alternating with commit {commit:.7}" if baseline_tree else "compared with the stored times"
        new: tuple[Repetition, ...] = ()
        for _ in range(MAX_CONFIRMATIONS):
            if not suspects:
                break
            print(f"repeating, {against}: {', '.join(suspects)}", file=sys.stderr, flush=True)
            places = _places(suspects)
            if baseline_tree:
                old += one_pass(places, baseline_tree).repetitions
            new += one_pass(places, ROOT).repetitions
            updated = compare(old, new, same_machine, noise_from=baseline.repetitions)
            comparisons |= {one.name: one for one in updated if one.name in suspects}
            suspects = suspects_of(comparisons[name] for name in suspects)
    names = ", ".join(f"`{name}`" for name in repeated)
    return Confirmation([*comparisons.values()], f"Repeated, {against}: {names}." if names else "")


def _places(names: Sequence[str]) -> list[str]:
    return [f"{SUITE}/{place}" for name in names for place in repetition_ids(name)]
