"""What changed between two runs, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tabulate import tabulate

from benchmarks.analysis.run_comparison import FIGURES, TIMES, Change, RowChanges
from benchmarks.common.formatting import seconds_text

LEGEND = (
    "Accuracy: paired test on the same images, Holm-corrected over the rows, 5 %. Times, memory and size: ratio",
    "of medians; no change is a ratio that two runs of the same code may have, or that their own spread explains.",
)
UNPAIRED_LEGEND = (
    "Accuracy: unpaired, because a leaderboard.csv has no predictions; changed where the 95 % intervals have nothing",
    "in common, so that small changes stay unseen. Memory and size: ratio of medians. The file does not say which",
    "images it was measured on, nor how many were learnt from; only the number of test images could be checked.",
)


@dataclass(frozen=True)
class Compared:
    """Two runs on one dataset. ``why_no_times`` is empty where times could be compared.

    ``unpaired``: one of the two is a leaderboard alone.
    """

    dataset: str
    rows: tuple[RowChanges, ...]
    why_no_times: str
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    unpaired: bool = False


def as_markdown(names: tuple[str, str], compared: Compared, worse: Sequence[tuple[str, str]]) -> str:
    """Return the comparison for a pull request; ``worse`` is what the exit code will say no to."""
    first, second = names
    lines = [f"## {compared.dataset}: {first} → {second}", "", summary(compared.rows), ""]
    if compared.why_no_times:
        lines += [f"**Times are not compared: {compared.why_no_times}.**", ""]
    lines += [f"- `{row.name}`: {row.status.basis} ({row.status.verdict})" for row in compared.rows if not row.figures]
    said = compared.why_no_times
    table = [[f"`{row.name}`", *(_cell(name, row.figures[name], said) for name in FIGURES)] for row in _with(compared)]
    lines += [str(tabulate(table, ["row", *FIGURES], tablefmt="github", disable_numparse=True)), ""]
    lines += [*(UNPAIRED_LEGEND if compared.unpaired else LEGEND), ""]
    for name, only in ((first, compared.only_first), (second, compared.only_second)):
        lines += [f"Only in {name}: {', '.join(f'`{row}`' for row in only)}.", ""] if only else []
    lines += [f"Regressions: {', '.join(f'`{row}` {figure}' for row, figure in worse)}.", ""] if worse else []
    return "\n".join(lines)


def summary(rows: Sequence[RowChanges]) -> str:
    """Say in one line how many figures changed."""
    changes = [change for row in rows for change in (row.status, *row.figures.values())]
    counts = Counter(change.verdict for change in changes)
    if not counts["improved"] and not counts["worse"]:
        said = f"Nothing changed{' beyond noise' if counts['within noise'] else ''}"
    else:
        said = f"Worse: {counts['worse']}; improved: {counts['improved']}; the rest is as before"
    unknown = sum(figure.verdict == "not compared" for row in rows for figure in row.figures.values())
    return f"{said}{f'; figures not compared: {unknown}' if unknown else ''} (rows: {len(rows)})."


def _with(compared: Compared) -> list[RowChanges]:
    return [row for row in compared.rows if row.figures]


def _cell(figure: str, change: Change, said: str) -> str:
    """Return a verdict with what it rests on, unless that was ``said`` already; only what changed is set in bold."""
    if change.before is None or change.after is None:
        return "not compared" if change.basis == said else f"not compared: {change.basis}"
    if change.verdict == "the same":
        return f"the same ({_value(figure, change.after)})"
    verdict = change.verdict if change.verdict == "within noise" else f"**{change.verdict}**"
    ratio = f"{change.after / change.before:.2f}×, " if figure != "accuracy" and change.before else ""
    return f"{verdict}: {_value(figure, change.before)} → {_value(figure, change.after)} ({ratio}{change.basis})"


def _value(figure: str, value: float) -> str:
    if figure == "accuracy":
        return f"{value:.2%}"
    if figure in TIMES:
        return seconds_text(value)
    return f"{value:,.0f} MiB" if value >= 100 else f"{value:.3g} MiB"
