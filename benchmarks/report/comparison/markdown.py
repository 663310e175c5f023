"""What changed between two runs, as markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tabulate import tabulate

from benchmarks.analysis.metric import Metric
from benchmarks.analysis.metrics import ACCURACY, COMPARED
from benchmarks.analysis.run_comparison import Change, RowChanges
from benchmarks.report.text.escaping import as_code, in_markdown

LEGEND = (
    "Accuracy: paired test on the same images, Holm-corrected over the rows, 5 %. All else: ratio of medians; no",
    "change is a ratio that two runs of the same code may have, or that their own spread explains.",
)
UNPAIRED_LEGEND = (
    "Accuracy: unpaired, because a leaderboard.csv has no predictions; changed where the 95 % intervals do not",
    "overlap, so that small changes go unnoticed. All else: ratio of medians. The file does not record which images it",
    "was measured on, nor the number of training images; only the number of test images could be checked.",
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
    """Return the comparison for a pull request; ``worse``: the regressions that decide the exit code."""
    first, second = names
    lines = [f"## {compared.dataset}: {first} → {second}", "", summary(compared.rows), ""]
    if compared.why_no_times:
        lines += [f"**Times are not compared: {compared.why_no_times}.**", ""]
    lines += [
        f"- {as_code(row.name)}: {in_markdown(row.status.basis)} ({row.status.verdict})"
        for row in compared.rows
        if not row.figures
    ]
    metrics = [metric for metric in COMPARED if any(metric.heading in row.figures for row in compared.rows)]
    table = [
        [
            as_code(row.name),
            *(_cell(metric, row.figures.get(metric.heading), compared.why_no_times) for metric in metrics),
        ]
        for row in compared.rows
        if row.figures
    ]
    headings = ["row", *(metric.heading for metric in metrics)]
    lines += [str(tabulate(table, headings, tablefmt="github", disable_numparse=True)), ""]
    lines += [*(UNPAIRED_LEGEND if compared.unpaired else LEGEND), ""]
    for name, only in ((first, compared.only_first), (second, compared.only_second)):
        lines += [f"Only in {name}: {', '.join(map(as_code, only))}.", ""] if only else []
    lines += [f"Regressions: {', '.join(f'{as_code(row)} {heading}' for row, heading in worse)}.", ""] if worse else []
    return "\n".join(lines)


def summary(rows: Sequence[RowChanges]) -> str:
    """Return one line on how many figures changed."""
    changes = [change for row in rows for change in (row.status, *row.figures.values())]
    counts = Counter(change.verdict for change in changes)
    if not counts["improved"] and not counts["worse"]:
        result = f"Nothing changed{' beyond noise' if counts['within noise'] else ''}"
    else:
        result = f"Worse: {counts['worse']}; improved: {counts['improved']}; the rest is as before"
    unknown = sum(figure.verdict == "not compared" for row in rows for figure in row.figures.values())
    return f"{result}{f'; figures not compared: {unknown}' if unknown else ''} (rows: {len(rows)})."


def _cell(metric: Metric, change: Change | None, why_no_times: str) -> str:
    """Return a verdict with its basis, unless that stands above the table; only what changed is set in bold."""
    if change is None:
        return ""
    if change.before is None or change.after is None:
        return "not compared" if change.basis == why_no_times else f"not compared: {change.basis}"
    if change.verdict == "the same":
        return f"the same ({metric.text(change.after)})"
    verdict = change.verdict if change.verdict == "within noise" else f"**{change.verdict}**"
    ratio = f"{change.after / change.before:.2f}×, " if metric is not ACCURACY and change.before else ""
    return f"{verdict}: {metric.text(change.before)} → {metric.text(change.after)} ({ratio}{change.basis})"
