"""What a study minimises, within which bounds, and which attempts are best by that. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.analysis.metric import MEBIBYTES, MILLISECONDS, PERCENT, SECONDS, Metric, Unit
from benchmarks.analysis.metrics import ACCURACY, BY_NAME, METRICS
from benchmarks.common.errors import BenchError
from benchmarks.records.trial import TrialResult
from benchmarks.tuning.study import Attempt, complete

ERROR = "error"
SHORT = {
    "latency": "latency_ms_p50",
    "memory": "peak_rss_mb",
    "size": "model_mb",
    "fit": "fit_s",
    "predict": "predict_s",
}
BOUND = re.compile(r"(?P<name>[A-Za-z0-9_ ²-]+?)\s*(?P<side>[<>])=?\s*(?P<value>[0-9.eE+-]+?)\s*(?P<unit>[A-Za-zµ%]*)")
# how many of a metric's own unit one of these is
FACTORS: Mapping[Unit, Mapping[str, float]] = {
    SECONDS: {"": 1, "s": 1, "ms": 1e-3, "min": 60},
    MILLISECONDS: {"": 1, "ms": 1, "s": 1e3, "us": 1e-3, "µs": 1e-3},
    MEBIBYTES: {"": 1, "MiB": 1, "MB": 1e6 / 2**20, "KiB": 1 / 1024, "kB": 1e3 / 2**20, "GiB": 1024, "GB": 1e9 / 2**20},
    PERCENT: {"": 1, "%": 0.01},
}


@dataclass(frozen=True)
class Bound:
    """What a setting has to keep to: a metric below a value, or above it."""

    name: str
    text: str
    value: float
    below: bool = True

    def excess(self, metrics: Mapping[str, float]) -> float:
        """Return by how much a trial is beyond the bound; 0 or less if it is within."""
        value = metrics.get(self.name, float("inf") if self.below else float("-inf"))
        return value - self.value if self.below else self.value - value


def goal(text: str) -> str:
    """Return the name of what is to be minimised: ``error``, or a metric of which less is better."""
    name = _metric_name(text.strip(), "--minimise")
    if name != ERROR and BY_NAME[name].better != "lower":
        raise BenchError(f"--minimise {text}: less of it is not better; {_known()}")
    return name


def goals(text: str) -> tuple[str, ...]:
    """Read ``error,latency``; raises ``BenchError``."""
    found = tuple(goal(part) for part in text.split(","))
    if len(set(found)) < len(found):
        raise BenchError(f"--minimise '{text}' names a goal twice")
    return found


def bound(text: str) -> Bound:
    """Read ``latency<2ms``; raises ``BenchError``."""
    found = BOUND.fullmatch(text.strip())
    if not found:
        raise BenchError(f"--within '{text}' should be a metric and a value, as latency<2ms or error<1%")
    name, below = _metric_name(found["name"].strip(), "--within"), found["side"] == "<"
    metric = ACCURACY if name == ERROR else BY_NAME[name]
    units = FACTORS.get(metric.unit, {"": 1.0})
    if found["unit"] not in units:
        raise BenchError(f"--within '{text}': the unit should be one of {', '.join(filter(None, units)) or 'none'}")
    try:
        value = float(found["value"]) * units[found["unit"]]
    except ValueError:
        raise BenchError(f"--within '{text}': '{found['value']}' is no number") from None
    return Bound(name, text.strip(), value, below)


def bounds(text: str) -> tuple[Bound, ...]:
    """Read ``latency<2ms,size<10MiB``; raises ``BenchError``."""
    return tuple(bound(part) for part in text.split(","))


def label(name: str) -> str:
    """Return what a goal is called in tables and charts."""
    return "validation error" if name == ERROR else BY_NAME[name].label


def short(name: str) -> str:
    """Return what a goal is called on the command line."""
    return next((word for word, metric in SHORT.items() if metric == name), name)


def text_of(name: str, value: float | None) -> str:
    """Return a value of a goal with its unit."""
    return (ACCURACY if name == ERROR else BY_NAME[name]).text(value)


def metrics_of(result: TrialResult) -> dict[str, float]:
    """Return the error and every metric of a result that was measured, by name."""
    values = {metric.name: value for metric in METRICS if (value := metric.of_trial(result)) is not None}
    if result.scores:
        values[ERROR] = result.scores.n_errors / result.scores.n_test
    return values


def within(attempts: Sequence[Attempt], bounds: Sequence[Bound]) -> list[Attempt]:
    """Return the attempts that have values and keep to the bounds."""
    return [one for one in complete(attempts) if all(bound.excess(one.metrics) <= 0 for bound in bounds)]


def best(attempts: Sequence[Attempt], bounds: Sequence[Bound]) -> Attempt | None:
    """Return the attempt with the lowest first goal within the bounds; of equal ones the first, as the defaults are.

    None where no attempt keeps to the bounds.
    """
    return min(within(attempts, bounds), key=lambda one: (one.values or (), one.number), default=None)


def nearest(attempts: Sequence[Attempt], bounds: Sequence[Bound]) -> Attempt | None:
    """Return the attempt that is least beyond the bounds, as a share of each; None where none is complete."""

    def beyond(attempt: Attempt) -> float:
        return sum(max(one.excess(attempt.metrics), 0) / (abs(one.value) or 1) for one in bounds)

    return min(complete(attempts), key=lambda one: (beyond(one), one.values or (), one.number), default=None)


def pareto(attempts: Sequence[Attempt], bounds: Sequence[Bound]) -> list[Attempt]:
    """Return the attempts within the bounds that no other beats, the lowest first goal first."""
    known = within(attempts, bounds)
    found = [known[i] for i in pareto_set([one.values or () for one in known])]
    return sorted(found, key=lambda one: (one.values or (), one.number))


def pareto_set(values: Sequence[Sequence[float]]) -> list[int]:
    """Return the places of the value tuples that no other beats: as good in all goals, and better in one.

    Of tuples that are equal the first counts.
    """
    return [
        i
        for i, one in enumerate(values)
        if not any(_beats(other, one) or (j < i and tuple(other) == tuple(one)) for j, other in enumerate(values))
    ]


def _beats(first: Sequence[float], second: Sequence[float]) -> bool:
    return all(a <= b for a, b in zip(first, second, strict=True)) and tuple(first) != tuple(second)


def _metric_name(text: str, option: str) -> str:
    if text.lower() == ERROR:
        return ERROR
    name = SHORT.get(text.lower(), text)
    matching: list[Metric] = [one for one in METRICS if name.lower() in (one.name.lower(), one.heading.lower())]
    if not matching:
        raise BenchError(f"{option}: there is no metric '{text}'; {_known()}")
    return matching[0].name


def _known() -> str:
    lower = (metric.name for metric in METRICS if metric.better == "lower")
    return f"there are: {', '.join((ERROR, *SHORT, *lower))}"
