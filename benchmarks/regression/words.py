"""What became slower or less accurate, in words."""

from __future__ import annotations

from collections.abc import Sequence

from tabulate import tabulate

from benchmarks.regression.judge import Judged
from benchmarks.regression.storage import Passes

HEADINGS = ("benchmark", "before", "now", "ratio", "noise", "accuracy", "verdict")


def as_markdown(before: Passes, now: Passes, judged: Sequence[Judged]) -> str:
    """Return the comparison for a terminal or a pull request."""
    table = [_line(one) for one in judged]
    return "\n".join(
        [
            f"## Regressions since {before.name}",
            "",
            summary(judged),
            "",
            *_cautions(before, now),
            str(tabulate(table, HEADINGS, tablefmt="github", disable_numparse=True)),
            "",
            "Before and now: processor time in multiples of the calibration kernel's. Noise: the ratio that this",
            "benchmark's own spread allows.",
        ]
    )


def summary(judged: Sequence[Judged]) -> str:
    """Say in one line what is worse."""
    worse = [f"`{one.name}` is {one.verdict}" for one in judged if one.alarms]
    return f"**{'; '.join(worse)}**" if worse else f"Nothing is worse in {len(judged)} benchmarks."


def _cautions(before: Passes, now: Passes) -> list[str]:
    said = []
    if before.machine != now.machine:
        said.append("**Stored on another kind of machine: times are shown, and only accuracy is judged.**")
    names = sorted({*before.packages, *now.packages})
    pairs = [(name, before.packages.get(name, "none"), now.packages.get(name, "none")) for name in names]
    if changed := [f"{name} {old} → {new}" for name, old, new in pairs if old != new]:
        said.append(f"Other versions than before: {', '.join(changed)}.")
    return [line for text in said for line in (text, "")]


def _line(one: Judged) -> list[str]:
    ratio = f"{one.now / one.before:.2f}×" if one.now and one.before else ""
    accuracy = "" if one.accuracy_now is None else f"{one.accuracy_before:.1%} → {one.accuracy_now:.1%}"
    verdict = f"**{one.verdict}**" if one.alarms else one.verdict
    allowed = f"{one.allowed:.2f}×" if one.allowed else ""
    return [f"`{one.name}`", _figure(one.before), _figure(one.now), ratio, allowed, accuracy, verdict]


def _figure(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.3g}"
