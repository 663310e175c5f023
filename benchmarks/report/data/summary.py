"""The leaderboard in a few sentences. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.analysis.leaderboard import Leaderboard, Row
from benchmarks.analysis.metrics import ACCURACY, BY_NAME
from benchmarks.common.formatting import listed

TRAINING, LATENCY = BY_NAME["training_s"], BY_NAME["latency_ms_p50"]


def summarize(board: Leaderboard) -> list[str]:
    """Return sentences on the best row, the others of its group, and which rows train and predict fastest.

    Where times come from several machines, there is nothing on times.
    """
    rows = [row for row in board.rows if row.status == "ok"]
    if not rows:
        return ["No model has been measured yet."]
    best, group = rows[0], [row for row in rows[1:] if row.best_group]
    accuracy = f"{ACCURACY.text(best.accuracy)} of {board.n_test or 0:,} test images{_interval(best)}"
    sentences = [f"{name(best)} is the most accurate: it classifies {accuracy} correctly."]
    if group:
        verb = "is" if len(group) == 1 else "are"
        sentences.append(f"{listed([name(row) for row in group])} {verb} not significantly different from it.")
    elif len(rows) > 1 and all((0, i) in board.p_values for i in range(1, len(rows))):
        others = f"each of the other {len(rows) - 1} rows" if len(rows) > 2 else "the other row"
        sentences.append(f"It is significantly better than {others}.")
    return sentences + ([] if len(board.machines) > 1 else _on_times([best, *group]))


def name(row: Row) -> str:
    """Return the name of a row in sentences."""
    return f"{row.model} on {row.features}"


def _on_times(group: Sequence[Row]) -> list[str]:
    """Return which rows are the cheapest among the best and those not significantly different from it."""
    cheapest, fastest = _least(group, TRAINING.name), _least(group, LATENCY.name)
    if len(group) == 1:
        return []
    sentences = []
    if cheapest:
        time = TRAINING.text(cheapest.values[TRAINING.name])
        sentences.append(
            f"Of these {len(group)}, {name(cheapest)} takes the least time to train: {time} with its features."
        )
    if fastest:
        time = LATENCY.text(fastest.values[LATENCY.name])
        sentences.append(f"Of these {len(group)}, {name(fastest)} predicts a single image fastest: {time}.")
    return sentences


def _least(rows: Sequence[Row], metric: str) -> Row | None:
    return min((row for row in rows if metric in row.values), key=lambda row: row.values[metric], default=None)


def _interval(row: Row) -> str:
    if row.interval is None:
        return ""
    return f" (95 % interval {ACCURACY.cell(row.interval.low)} to {ACCURACY.text(row.interval.high)})"
