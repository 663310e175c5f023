"""Charts of a study: its history, and what the best value depends on. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.report.charts.chart import Axis, Chart, Line, Mark, Tick, linear_axis, log_axis
from benchmarks.tuning.goals import ERROR, label, text_of
from benchmarks.tuning.study import Attempt, complete
from models.spec import Setting


def history_chart(attempts: Sequence[Attempt], goal: str) -> Chart | None:
    """Return the first goal of each attempt, and the best so far, against its number; None without values."""
    known = complete(attempts)
    if not known:
        return None
    values = _positive([_value(one) for one in known])
    numbers = [float(one.number + 1) for one in known]
    lowest = [min(values[: i + 1]) for i in range(len(values))]
    steps = [point for i, y in enumerate(lowest) for point in ((numbers[i], lowest[max(i - 1, 0)]), (numbers[i], y))]
    return Chart(
        f"History: {label(goal)} of each setting tried, and the best so far",
        linear_axis("settings tried", numbers, low=0),
        _goal_axis(goal, values),
        (Line("best so far", tuple(steps)),),
        tuple(_mark(one, x, y, goal) for one, x, y in zip(known, numbers, values, strict=True)),
    )


def slice_charts(attempts: Sequence[Attempt], goal: str, space: Sequence[str]) -> list[Chart]:
    """Return the first goal against each setting; ``space`` in the words of the command line."""
    known = complete(attempts)
    if not known:
        return []
    values = _positive([_value(one) for one in known])
    charts = []
    for words in space:
        name = words.partition("=")[0]
        settings = [one.settings[name] for one in known]
        axis, places = _setting_axis(name, settings, words.endswith(" log"))
        marks = tuple(_mark(one, x, y, goal) for one, x, y in zip(known, places, values, strict=True))
        charts.append(Chart(f"{label(goal)} against {name}", axis, _goal_axis(goal, values), (), marks))
    return charts


def _setting_axis(name: str, settings: Sequence[Setting], log: bool) -> tuple[Axis, list[float]]:
    """Return the axis of a setting, and where each value lies on it: words side by side, numbers on a scale."""
    numbers = [float(value) for value in settings if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) == len(settings):
        return (log_axis(name, numbers, lambda x: f"{x:g}") if log else linear_axis(name, numbers)), numbers
    texts = sorted({str(value) for value in settings})
    ticks: tuple[Tick, ...] = tuple((float(i), text) for i, text in enumerate(texts))
    return Axis(name, -0.5, len(texts) - 0.5, ticks), [float(texts.index(str(value))) for value in settings]


def _goal_axis(goal: str, values: Sequence[float]) -> Axis:
    return log_axis(label(goal), values, lambda value: f"{value * 100:g} %" if goal == ERROR else text_of(goal, value))


def _mark(attempt: Attempt, x: float, y: float, goal: str) -> Mark:
    return Mark("", x, y, f"setting {attempt.number + 1}: {text_of(goal, _value(attempt))}")


def _value(attempt: Attempt) -> float:
    return attempt.values[0] if attempt.values else 0.0


def _positive(values: Sequence[float]) -> list[float]:
    """Return values with a logarithm: 0 becomes half of the least other one."""
    least = min((value for value in values if value > 0), default=1.0)
    return [value if value > 0 else least / 2 for value in values]
