"""A chart as values, whatever draws it: axes, lines and points. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Point = tuple[float, float]
Tick = tuple[float, str]


@dataclass(frozen=True)
class Axis:
    """From ``low`` to ``high``; ``flipped`` puts ``high`` where ``low`` would be."""

    label: str
    low: float
    high: float
    ticks: tuple[Tick, ...]
    log: bool = False
    flipped: bool = False

    def place(self, value: float) -> float:
        """Return where a value lies: 0 at the start of the axis, 1 at its end."""
        if self.log:
            share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return 1 - share if self.flipped else share


@dataclass(frozen=True)
class Line:
    """A line through points; ``quiet`` ones are there for comparison. ``dots`` marks each point."""

    name: str
    points: tuple[Point, ...]
    quiet: bool = False
    dots: bool = False


@dataclass(frozen=True)
class Mark:
    """A point with a name, details shown on demand, and the interval of its y.

    ``group`` is the number of its colour; ``leads_to`` is the id that a click goes to.
    """

    name: str
    x: float
    y: float
    details: str
    group: int = 0
    low: float | None = None
    high: float | None = None
    leads_to: str = ""


@dataclass(frozen=True)
class Chart:
    """``title`` also serves as the text alternative; ``groups`` are the names of the marks' groups."""

    title: str
    x: Axis
    y: Axis
    lines: tuple[Line, ...] = ()
    marks: tuple[Mark, ...] = ()
    groups: tuple[str, ...] = ()


def linear_axis(label: str, values: Iterable[float], low: float | None = None, high: float | None = None) -> Axis:
    """Return an axis that holds all values, with round ticks; ``low`` and ``high`` fix its ends."""
    known = [value for value in values if math.isfinite(value)]
    start = low if low is not None else min(known, default=0.0)
    end = high if high is not None else max(known, default=1.0)
    if end <= start:
        end = start + 1
    step = _round_step((end - start) / 4)
    first, last = math.floor(start / step + 1e-9), math.ceil(end / step - 1e-9)
    ticks = tuple((n * step, f"{n * step:.10g}") for n in range(first, last + 1))
    inside = tuple(tick for tick in ticks if start - 1e-9 <= tick[0] <= end + 1e-9)
    if low is not None and high is not None:
        return Axis(label, start, end, inside)
    return Axis(label, low if low is not None else ticks[0][0], high if high is not None else ticks[-1][0], ticks)


def log_axis(label: str, values: Iterable[float], text: Callable[[float], str]) -> Axis:
    """Return a logarithmic axis that holds all values, which are above 0, with some room beside them."""
    known = [value for value in values if value > 0] or [1.0]
    low, high = min(known) / 1.5, max(known) * 1.5
    return Axis(label, low, high, tuple((value, text(value)) for value in log_ticks(low, high)), log=True)


def log_ticks(low: float, high: float) -> list[float]:
    """Return round values between the two: powers of ten, or 1, 2 and 5 of each where those are few."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1,), (1, 3), (1, 2, 5)):
        ticks = [digit * 10.0**exponent for exponent in exponents for digit in digits]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) >= 3:
            break
    stride = max(1, math.ceil(len(inside) / 8))
    return inside[::stride]


ACCURACIES = (0, 20, 50, 70, 80, 90, 95, 97, 98, 99, 99.5, 99.8, 99.9, 99.95, 99.99)


def accuracy_axis(accuracies: Sequence[float], n_test: int) -> Axis:
    """Return an axis of accuracies, spread by the logarithm of the error: values on it are errors in %.

    A row without errors counts as half an error, which has a logarithm.
    """
    errors = [error_percent(accuracy, n_test) for accuracy in accuracies] or [1.0]
    low, high = min(errors) / 1.2, min(max(errors) * 1.2, 100.0)
    ticks = tuple((100.0 - tick, f"{tick:g}") for tick in ACCURACIES if low <= 100.0 - tick <= high)
    return Axis("test accuracy, %", low, high, ticks, log=True, flipped=True)


def error_percent(accuracy: float, n_test: int) -> float:
    """Return the error in % that stands for an accuracy on ``accuracy_axis``."""
    return 100 * max(1 - accuracy, 0.5 / max(n_test, 1))


def thinned(points: Sequence[Point], most: int = 200) -> tuple[Point, ...]:
    """Return at most about ``most`` of the points, the last always among them."""
    stride = math.ceil(len(points) / most) or 1
    thin = list(points[::stride])
    return tuple(thin if not points or thin[-1] == points[-1] else [*thin, points[-1]])


def _round_step(rough: float) -> float:
    size = 10.0 ** math.floor(math.log10(rough))
    return next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * 0.999)
