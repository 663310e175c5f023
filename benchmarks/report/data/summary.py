"""The answer in a few sentences, written from the rows. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.analysis.leaderboard import Leaderboard, Row
from benchmarks.common.formatting import seconds_text

NEAR_THE_BEST = 0.005
NAMED_AT_MOST = 6


def answer(board: Leaderboard) -> list[str]:
    """Say which row reads best, which are tied with it, which of those trains in the least time, and which is quick.

    Where times come from several machines, nothing is said about them.
    """
    rows = [row for row in board.rows if row.accuracy is not None]
    if not rows:
        return ["No model has been measured yet."]
    best, tied = rows[0], [row for row in rows[1:] if row.tied]
    said = [f"{name(best)} reads {_share(best)} of {board.n_test or 0:,} test images right{_interval(best)}."]
    if tied:
        it = f"the best of {len(rows)} rows" if len(rows) > 2 else "the other"
        said.append(f"{listed([name(row) for row in tied])} cannot be told apart from {it}.")
    elif len(rows) > 1:
        said.append(f"None of the other {len(rows) - 1} comes so close that it could be chance.")
    return said + ([] if len(board.machines) > 1 else _on_cost(best, [best, *tied], rows))


def name(row: Row) -> str:
    """Return how a row is called in sentences."""
    return f"{row.model} on {row.features}"


def _on_cost(best: Row, equals: Sequence[Row], rows: Sequence[Row]) -> list[str]:
    said = []
    cheapest = _least(equals, lambda row: row.training_s)
    if cheapest and len(equals) > 1:
        time = f"{seconds_text(cheapest.training_s)} with its features"
        said.append(f"Of these {len(equals)}, {name(cheapest)} takes the least time to train: {time}.")
    near = [row for row in rows if (best.accuracy or 0) - (row.accuracy or 0) <= NEAR_THE_BEST]
    fastest = _least(near, lambda row: row.latency_ms_p50)
    if fastest and fastest.latency_ms_p50 is not None:
        time = f"{fastest.latency_ms_p50:.3g} ms"
        which = "The best itself" if fastest is best else f"{name(fastest)} ({_share(fastest)})"
        said.append(f"{which} reads a single image fastest among those within half a point of it: {time}.")
    return said


def _least(rows: Sequence[Row], cost: Callable[[Row], float | None]) -> Row | None:
    known = [(value, i) for i, row in enumerate(rows) if (value := cost(row)) is not None]
    return rows[min(known)[1]] if known else None


def _share(row: Row) -> str:
    return f"{(row.accuracy or 0) * 100:.2f} %"


def _interval(row: Row) -> str:
    if row.accuracy_low is None or row.accuracy_high is None:
        return ""
    return f" (95 % interval {row.accuracy_low * 100:.2f} to {row.accuracy_high * 100:.2f} %)"


def listed(names: Sequence[str]) -> str:
    """Return names as people list them, the last of very many left out and counted."""
    shown = list(names) if len(names) <= NAMED_AT_MOST + 1 else list(names[:NAMED_AT_MOST])
    if len(names) > len(shown):
        shown.append(f"{len(names) - NAMED_AT_MOST} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
