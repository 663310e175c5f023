"""Compares the times that a process tells with those at which its stages began, by the bench's own clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from benchmarks.common.clock import clock
from benchmarks.execution.stages.channel import StageReader
from benchmarks.records.trial import Measurement

# Of a trial, and of the computation of features: each begins once, in this order.
TRIAL_STAGES = ("weights", "data", "imports", "fit", "warm-up", "predict", "latency warm-up", "latency", "score")
FEATURE_STAGES = ("weights", "data", "imports", "features", "store")
SAVE = "save"  # may follow

# A message is stamped some milliseconds late, and later on a machine that is busy.
TOLERANCE_S, TOLERANCE_SHARE = 0.3, 0.05


@dataclass
class Punctuality:
    """How late the bench was at what it does every ``every_s`` seconds: one that was suspended stamps late."""

    every_s: float
    late_s: float = 0.0
    _last: float = field(default_factory=clock)

    def look(self) -> None:
        """Say that it is time again."""
        now = clock()
        self.late_s, self._last = max(self.late_s, now - self._last - self.every_s), now


def times_of(measurement: Measurement) -> dict[str, float | None]:
    """Return the seconds that a trial tells for its stages; None for what it should tell and does not."""
    timing = measurement.timing
    return {
        "startup": timing.startup_s,
        "data": timing.load_s,
        "imports": timing.imports_s,
        "fit": timing.fit_s,
        "predict": sum(timing.predict_s) if timing.predict_s else None,
        "latency": sum(measurement.latencies_ms) / 1000 if measurement.latencies_ms else None,
    }


def fault_in(
    told: Mapping[str, float | None], expected: Sequence[str], reader: StageReader, launched_at: float, late_s: float
) -> str:
    """Return what does not fit, in words; empty if all does.

    ``told``: seconds by stage, with ``startup`` for what is before the first one. ``expected``: the stages in order.
    """
    names = [name for name, _ in reader.begun]
    if tuple(names[: len(expected)]) != tuple(expected) or names[len(expected) :] not in ([], [SAVE]):
        return f"its stages are not those of a trial: {', '.join(names[:20]) or 'none'}"
    if reader.ended_at is None:
        return "it did not say that it was done"
    stamps = [launched_at, *(when for _, when in reader.begun), reader.ended_at]
    observed = dict(zip(("startup", *names), (end - start for start, end in pairwise(stamps)), strict=True))
    for name, seconds in told.items():
        if seconds is None:
            return f"it tells no time of the stage {name}"
        if abs(seconds - observed[name]) > TOLERANCE_S + TOLERANCE_SHARE * observed[name] + 2 * late_s:
            times = f"{name} told as {seconds:.2f} s, observed {observed[name]:.2f} s"
            return f"its times do not fit the bench's own clock: {times}"
    return ""
