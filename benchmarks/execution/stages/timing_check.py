"""Compares the times that a process tells with those at which its stages began, by the bench's own clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from benchmarks.execution.stages.channel import StageReader
from benchmarks.records.trial import Measurement

# Of a trial, and of the computation of features: each begins once, in this order.
TRIAL_STAGES = ("weights", "data", "imports", "fit", "warm-up", "predict", "latency warm-up", "latency", "score")
FEATURE_STAGES = ("weights", "data", "imports", "features", "store")
SAVE = "save"  # may follow

# Between a time that is taken and the message that follows it, a busy machine may do something else.
TOLERANCE_S, TOLERANCE_SHARE = 0.3, 0.05


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


def fault_in(told: Mapping[str, float | None], expected: Sequence[str], reader: StageReader, launched_at: float) -> str:
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
        if abs(seconds - observed[name]) > TOLERANCE_S + TOLERANCE_SHARE * observed[name]:
            times = f"{name} told as {seconds:.2f} s, observed {observed[name]:.2f} s"
            return f"its times do not fit the bench's own clock: {times}"
    return ""
