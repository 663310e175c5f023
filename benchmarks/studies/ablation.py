"""``python -m benchmarks.studies.ablation``: what each change of the training images gives or takes, on ``cnn-fast``.

Ordinary trials on ``mnist-validation``, where the validation split takes the place of the test split.
Writes what came of them to ``docs/augmentation.md``. Stored trials are taken again.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from statistics import mean
from typing import TYPE_CHECKING

from tabulate import tabulate

from benchmarks.analysis.statistics import holm, over_seeds, paired
from benchmarks.cli.parser import parse
from benchmarks.common.atomic_files import write_whole
from benchmarks.common.errors import BenchError
from benchmarks.common.paths import RESULTS, ROOT
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import TrialResult
from benchmarks.report.data.findings import Findings, read_findings
from models.registry import MODELS
from models.spec import Setting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RUN, DATASET, MODEL = "ablation", "mnist-validation", "cnn-fast"
PAGE = ROOT / "docs" / "augmentation.md"
SEEDS = 3
LENGTHS = (2, 8)  # epochs: as cnn-fast is, and long enough for changed images to pay

ALONE: dict[str, float] = {"rotation": 8.0, "scale": 0.1, "shift": 1.5, "shear": 5.0, "elastic": 0.5, "flip": 0.5}
TOGETHER = {name: amount for name, amount in ALONE.items() if name not in ("shear", "flip")}
CHANGES: dict[str, Mapping[str, float]] = {
    "none": {},
    "rotation up to 8°": {"rotation": ALONE["rotation"]},
    "scale up to 10 %": {"scale": ALONE["scale"]},
    "shift up to 1.5 pixels": {"shift": ALONE["shift"]},
    "shear up to 5°": {"shear": ALONE["shear"]},
    "elastic, 0.5 pixels": {"elastic": ALONE["elastic"]},
    "flip of every second image": {"flip": ALONE["flip"]},
    "rotation, scale, shift, elastic": TOGETHER,
    "the same with shear": {**TOGETHER, "shear": ALONE["shear"]},
    "the same with flip": {**TOGETHER, "flip": ALONE["flip"]},
}
INTRO = f"""# What changing the training images gives or takes

`{MODEL}` on MNIST, learnt from the first 50,000 training images and judged on the other 10,000, the validation
split; the test split was not looked at. Each line is the mean of {SEEDS} seeds (0 to {SEEDS - 1}) with its
95 % interval (Student's), in percent. The difference to no change at all is in points; p is that of the exact paired
test over the same seeds and images, after Holm's correction for the lines of a table. It says whether these trained
networks would differ on other images; how far other seeds would differ, the intervals say.

Made by `python -m benchmarks.studies.ablation`. Every image is changed anew in each epoch, by amounts drawn up to those
given (`models/networks/augment.py`). Any network takes them as settings, as `cnn-fast[rotation=8,flip=0.5]`.
"""


def main() -> int:
    """Run what is not stored yet, and write the page; return the first bad exit code.

    Raises ``BenchError`` where trials were skipped, as without a backend of Keras.
    """
    for settings in (settings_of(change, epochs) for epochs in LENGTHS for change in CHANGES):
        given = ",".join(f"{name}={value}" for name, value in settings.items())
        words = ["--run", RUN, "--dataset", DATASET, "--models", f"{MODEL}[{given}]", "--seeds", str(SEEDS)]
        if code := parse(words)():
            return code
    findings = read_findings(ResultStore(RESULTS, RUN, DATASET), {MODEL: MODELS[MODEL].family})
    tables = [f"## {epochs} epochs\n\n{table(findings, epochs)}\n" for epochs in LENGTHS]
    write_whole(PAGE, "\n".join([INTRO, *tables]).encode())
    print(PAGE)
    return 0


def settings_of(change: str, epochs: int) -> dict[str, Setting]:
    """Return the settings that make a change, and the length of the training."""
    return {"epochs": epochs, **CHANGES[change]}


def table(findings: Findings, epochs: int) -> str:
    """Return one line for each change, against none at all."""
    trials = {change: trials_of(findings, settings_of(change, epochs)) for change in CHANGES}
    right = {change: rights(findings, results) for change, results in trials.items()}
    others = [change for change in CHANGES if change != "none"]
    p_values = dict(zip(others, holm([paired(right["none"], right[change]) for change in others]), strict=True))
    start = mean(accuracies(trials["none"]))
    lines = []
    for change, results in trials.items():
        score = over_seeds(accuracies(results))
        line = [change, f"{score.mean:.2%}", f"{score.low:.2%} to {score.high:.2%}" if score.low else ""]
        if change in p_values:
            difference = round(100 * (score.mean - start), 2) + 0.0  # no minus before nought
            line += [f"{difference:+.2f}", f"{p_values[change]:.3f}" if p_values[change] >= 0.001 else "< 0.001"]
        lines.append([cell.replace("%", "") if at else cell for at, cell in enumerate(line)])
    headings = ["change", "accuracy", "interval", "difference", "p"]
    return str(tabulate(lines, headings, tablefmt="github", disable_numparse=True))


def trials_of(findings: Findings, settings: Mapping[str, Setting]) -> list[TrialResult]:
    """Return the trials with exactly these settings beside the defaults, one a seed."""
    wanted = {**MODELS[MODEL].defaults_on("pixels"), **settings}
    found = [result for result in findings.results.values() if result.settings == wanted and result.scores]
    if len(found) < SEEDS:
        raise BenchError(f"{MODEL} with {dict(settings)} was not measured {SEEDS} times; the bench said why")
    return sorted(found, key=lambda result: result.trial.seed)[:SEEDS]


def accuracies(results: Sequence[TrialResult]) -> list[float]:
    """Return the accuracy of each trial."""
    return [result.scores.accuracy for result in results if result.scores]


def rights(findings: Findings, results: Sequence[TrialResult]) -> NDArray[np.bool_]:
    """Return which images each trial read right: shape (seeds, n)."""
    import numpy as np

    return np.array([findings.predictions[result.trial.key].labels == findings.truth for result in results])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchError as error:
        print(f"ablation: {error}", file=sys.stderr)
        sys.exit(2)
