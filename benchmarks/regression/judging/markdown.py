"""What became slower or less accurate, in words."""

from __future__ import annotations

from collections.abc import Sequence

from tabulate import tabulate

from benchmarks.regression.judging.judge import Judged
from benchmarks.regression.judging.storage import Passes

HEADINGS = ("benchmark", "before", "now", "ratio", "noise", "accuracy", "verdict")


def as_markdown(before: Passes, now: Passes, judged: Sequence[Judged], repeated: str = "") -> str:
    """Return the comparison for a terminal or a pull request; ``repeated`` says what was timed again."""
    table = [_line(one) for one in judged]
    return "\n".join(
        [
            f"## Regressions since {before.name}",
            "",
            summary(judged),
            "",
            *_cautions(before, now, repeated),
            str(tabulate(table, HEADINGS, tablefmt="github", disable_numparse=True)),
            "",
            "Before and now: processor time in multiples of the calibration kernel's, median over turns. Noise: the",
            "ratio that this benchmark's own spread allows.",
        ]
    )


def summary(judged: Sequence[Judged]) -> str:
    """Say in one line what is worse, and what could not be compared."""
    worse = [f"`{one.name}` is {' and '.join(one.alarms)}" for one in judged if one.alarms]
    n_gone, n_new = (sum(one.verdicts == (what,) for one in judged) for what in ("gone", "new"))
    nothing = f"Nothing is worse in {len(judged) - n_gone - n_new} benchmarks."
    unpaired = f" {n_gone} are gone and {n_new} new." if n_gone or n_new else ""
    return (f"**{'; '.join(worse)}.**" if worse else nothing) + unpaired


def _cautions(before: Passes, now: Passes, repeated: str) -> list[str]:
    said = [repeated] if repeated else []
    if before.machine != now.machine:
        said.append("**Stored on another kind of machine: times are shown, and only accuracy is judged.**")
    names = sorted({*before.packages, *now.packages})
    pairs = [(name, before.packages.get(name, "none"), now.packages.get(name, "none")) for name in names]
    if changed := [f"{name} {old} → {new}" for name, old, new in pairs if old != new]:
        said.append(f"Other versions than before: {', '.join(changed)}.")
    return [line for text in said for line in (text, "")]


def _line(one: Judged) -> list[str]:
    ratio = f"{one.now / one.before:.2f}×" if one.now and one.before else ""
    accuracy = " → ".join(f"{share:.1%}" for share in one.accuracies or ())
    verdict = f"**{one.verdict}**" if one.alarms else one.verdict
    allowed = f"{one.allowed:.2f}×" if one.allowed else ""
    return [f"`{one.name}`", _figure(one.before), _figure(one.now), ratio, allowed, accuracy, verdict]


def _figure(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.3g}"
