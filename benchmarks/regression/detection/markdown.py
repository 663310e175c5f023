"""The comparison as markdown."""

from __future__ import annotations

from collections.abc import Sequence

from tabulate import tabulate

from benchmarks.regression.detection.detect import Comparison
from benchmarks.regression.detection.storage import BenchmarkResults

HEADINGS = ("benchmark", "baseline", "current", "ratio", "threshold", "accuracy", "result")


def as_markdown(
    baseline: BenchmarkResults, current: BenchmarkResults, comparisons: Sequence[Comparison], repeated: str = ""
) -> str:
    """Return the comparison for a terminal or a pull request; ``repeated`` is a sentence about repetitions."""
    table = [_line(one) for one in comparisons]
    return "\n".join(
        [
            f"## Regressions since {baseline.name}",
            "",
            summary(comparisons),
            "",
            *_caveats(baseline, current, repeated),
            str(tabulate(table, HEADINGS, tablefmt="github", disable_numparse=True)),
            "",
            "Baseline and current: CPU time relative to the calibration kernel, median over repetitions.",
            "Threshold: the largest ratio within the noise of the benchmark.",
        ]
    )


def summary(comparisons: Sequence[Comparison]) -> str:
    """Return one line: the regressions, and how many benchmarks could not be compared."""
    worse = [f"`{one.name}` is {' and '.join(one.regressions)}" for one in comparisons if one.regressions]
    n_removed, n_new = (sum(one.verdicts == (what,) for one in comparisons) for what in ("removed", "new"))
    no_regression = f"No regressions in {len(comparisons) - n_removed - n_new} benchmarks."
    unpaired = f" {n_removed} removed, {n_new} new." if n_removed or n_new else ""
    return (f"**{'; '.join(worse)}.**" if worse else no_regression) + unpaired


def _caveats(baseline: BenchmarkResults, current: BenchmarkResults, repeated: str) -> list[str]:
    texts = [repeated] if repeated else []
    if baseline.machine != current.machine:
        texts.append("**The baseline is from another kind of machine: only accuracy is compared.**")
    names = sorted({*baseline.packages, *current.packages})
    pairs = [(name, baseline.packages.get(name, "none"), current.packages.get(name, "none")) for name in names]
    if changed := [f"{name} {old} → {new}" for name, old, new in pairs if old != new]:
        texts.append(f"Library versions changed: {', '.join(changed)}.")
    return [line for text in texts for line in (text, "")]


def _line(one: Comparison) -> list[str]:
    ratio = f"{one.current / one.baseline:.2f}×" if one.current and one.baseline else ""
    accuracy = " → ".join(f"{share:.1%}" for share in one.accuracies or ())
    verdict = f"**{one.verdict}**" if one.regressions else one.verdict
    threshold = f"{one.threshold:.2f}×" if one.threshold else ""
    return [f"`{one.name}`", _figure(one.baseline), _figure(one.current), ratio, threshold, accuracy, verdict]


def _figure(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.3g}"
