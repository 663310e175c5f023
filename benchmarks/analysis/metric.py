"""A metric: where its values come from, how they are aggregated, printed, shown and compared."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from statistics import median
from typing import TYPE_CHECKING, Literal

from benchmarks.common.formatting import mebibytes, seconds_text

if TYPE_CHECKING:
    from benchmarks.records.trial import Scores, TrialResult


@dataclass(frozen=True)
class Unit:
    """How values print, and the range that they lie in.

    ``of_table``: the unit where it stands in the heading of a column, and not in its cells.
    """

    text: Callable[[float], str]
    of_table: str = ""
    low: float = 0.0
    high: float = math.inf
    is_time: bool = False


def _percent(fraction: float) -> str:
    return f"{fraction * 100:.2f}"


PERCENT = Unit(_percent, of_table=" %", high=1.0)
NUMBER = Unit("{:.4f}".format)
COEFFICIENT = Unit("{:.3f}".format, low=-math.inf, high=1.0)
COUNT = Unit(lambda count: f"{count:,.1f}".removesuffix(".0"))
SECONDS = Unit(seconds_text, is_time=True)
MILLISECONDS = Unit(lambda ms: seconds_text(ms / 1000), is_time=True)
MEBIBYTES = Unit(mebibytes)


class Shown(IntEnum):
    """Where a metric is shown, beside leaderboard.csv and the report's part on each model, which have them all."""

    DETAILS = 0  # only there
    TABLES = 1  # LEADERBOARD.md, the report's table, tables for papers
    SHORT_TABLES = 2  # also on the terminal and in the README
    EVERYWHERE = 3  # also on the smallest screens


@dataclass(frozen=True)
class Noise:
    """What two runs of the same code may differ by: as a ratio, or by less than ``smallest`` in the metric's unit."""

    ratio: float = 1.0
    smallest: float = 0.0


@dataclass(frozen=True)
class Metric:
    """One figure of a trial.

    Parameters
    ----------
    name
        The column of leaderboard.csv.
    heading
        The column of other tables; ``compare`` and ``--fail-on`` call it that, too.
    label
        The name in charts and in the report's part on each model.
    read
        The value of a trial, every repeat of it, or None where it was not measured.
    aggregate
        From one value a seed to the value of the row.
    charted
        Whether accuracy is drawn against it.
    noise
        What ``compare`` takes for noise; None if it does not compare the metric by its ratio.
    gate
        Whether ``compare`` fails by default where it is worse.
    shared_by_seeds
        Whether several seeds may repeat one measurement, as that of a cached feature matrix.
    """

    name: str
    heading: str
    label: str
    unit: Unit
    better: Literal["higher", "lower"] | None
    read: Callable[[TrialResult], float | Sequence[float] | None]
    aggregate: Callable[[Sequence[float]], float] = median
    shown: Shown = Shown.DETAILS
    charted: bool = False
    noise: Noise | None = None
    gate: bool = False
    shared_by_seeds: bool = False

    @property
    def title(self) -> str:
        """The heading with the unit that the cells leave out."""
        return self.heading + self.unit.of_table

    def cell(self, value: float | None) -> str:
        """Return a value as it stands below ``title``; empty where there is none."""
        return "" if value is None else self.unit.text(value)

    def text(self, value: float | None) -> str:
        """Return a value with its unit; empty where there is none."""
        return "" if value is None else self.unit.text(value) + self.unit.of_table

    def of_trial(self, result: TrialResult) -> float | None:
        """Return the trial's value, the median of its repeats; None where it was not measured."""
        values = self._repeats(result)
        return median(values) if values else None

    def of_row(self, results: Sequence[TrialResult]) -> float | None:
        """Return the value over the seeds of a row; None where no seed has one."""
        values = [value for result in results if (value := self.of_trial(result)) is not None]
        return self.aggregate(values) if values else None

    def measurements(self, results: Sequence[TrialResult]) -> list[float]:
        """Return every repeat of every seed, each measurement once."""
        values = [value for result in results for value in self._repeats(result)]
        return list(dict.fromkeys(values)) if self.shared_by_seeds else values

    def _repeats(self, result: TrialResult) -> list[float]:
        value = self.read(result)
        if value is None:
            return []
        return [value] if isinstance(value, int | float) else list(value)


def of_scores(read: Callable[[Scores], float | None]) -> Callable[[TrialResult], float | None]:
    """Return what reads a value from a trial's scores; None for a trial without any."""
    return lambda result: None if result.scores is None else read(result.scores)
