"""``python -m benchmarks.studies.migrate_fingerprints RUN --before COMMIT``: for results whose code only moved.

Moving or renaming code changes its hash, and stored results would be re-run although nothing would come out
differently. This trains the quickest row of each family, or the rows that are named, twice on this machine: with the
code of a commit for which the stored results hold, and with that of the working tree. Where all predictions of a family
are the same, bit for bit, its results get the code hash of the working tree, as long as nothing else changed: settings,
versions of libraries, weights. Otherwise nothing of the family is touched. Where not even the old code repeats its
probabilities to the last bit in a few runs, as threads add up in another order each time, the new code has to predict
the same labels, with probabilities no further from the old ones than these are from each other.
Files of an older schema are written in the current one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.api import Run, load_run
from benchmarks.catalog.catalog import Catalog, load_catalog
from benchmarks.common.atomic_files import write_whole
from benchmarks.common.errors import BenchError
from benchmarks.common.paths import ROOT
from benchmarks.provenance.fingerprint import inputs_of
from benchmarks.records.trial import TrialResult
from benchmarks.records.trial_file import encode_result
from benchmarks.regression.detection.baseline_code import baseline_code

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ALL_MIGRATED, SOME_LEFT = 0, 1
MORE_RUNS = 4  # of the old code, where the new one does not repeat it to the last bit


@dataclass(frozen=True)
class Trained:
    """What one state of the code made of a trial: its code hash, and its predictions by the names of their arrays."""

    code: str
    predictions: dict[str, NDArray[np.generic]]


def main(arguments: Sequence[str]) -> int:
    """Migrate what is shown to be the same; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.studies.migrate_fingerprints", description=__doc__)
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--before", required=True, metavar="COMMIT", help="for whose code the stored results hold")
    parser.add_argument("--dataset", metavar="NAME", help="default: the run's only one")
    parser.add_argument("--rows", default="", metavar="NAMES", help="as dummy@pixels,knn@hog (each family's quickest)")
    options = parser.parse_args(arguments)
    stored = load_run(options.run, options.dataset)
    results = [result for result in stored.findings().results.values() if result.ok]
    with baseline_code(options.before) as before:
        if before is None:
            raise BenchError(f"git does not have the commit {options.before}")
        same = families_that_predict_the_same(chosen_rows(results, stored, options.rows), stored, before)
    catalog = load_catalog()
    migrated = [migrate(one, stored, catalog) for one in results if same.get(stored.families[one.trial.model])]
    print(f"{sum(migrated)} of {len(results)} results have the code hash of the working tree now")
    return ALL_MIGRATED if sum(migrated) == len(results) else SOME_LEFT


def chosen_rows(results: Sequence[TrialResult], stored: Run, names: str) -> list[TrialResult]:
    """Return the first seed of each row that is named, or of the quickest row of each family."""
    first_seeds = [result for result in results if result.trial.seed == 0]
    if names:
        return [one for one in first_seeds if f"{one.trial.label}@{one.trial.features}" in names.split(",")]
    quickest: dict[str, TrialResult] = {}
    for result in sorted(first_seeds, key=lambda one: one.timing.total_s or 0.0):
        quickest.setdefault(stored.families[result.trial.model], result)
    return list(quickest.values())


def families_that_predict_the_same(rows: Sequence[TrialResult], stored: Run, before: Path) -> dict[str, bool]:
    """Return for each family whether all of its rows predict the same with both states of the code."""
    same: dict[str, bool] = {}
    for row in rows:
        family = stored.families[row.trial.model]
        same[family] = _predicts_the_same(row, before) and same.get(family, True)
    return same


def migrate(result: TrialResult, stored: Run, catalog: Catalog) -> bool:
    """Store a result with the working tree's code hash; return whether nothing but the code and the machine differs."""
    now = inputs_of(result.trial, catalog, result.inputs.data, result.inputs.evaluation)
    settings = {**catalog.models[result.trial.model].defaults_on(result.trial.features), **result.trial.params}
    changed = set(now.changed_since(result.inputs)) - {"code", "machine"}
    if changed or settings != result.settings:
        print(f"{result.trial.key}: {', '.join(sorted(changed)) or 'settings'} changed; it is left as it is")
        return False
    migrated = replace(result, inputs=replace(result.inputs, code=now.code))
    write_whole(stored.folder / "trials" / f"{result.trial.key}.json", encode_result(migrated))
    return True


def _predicts_the_same(result: TrialResult, before: Path) -> bool:
    import numpy as np

    old, new = _trained(result, before), _trained(result, ROOT)
    if old.code != result.inputs.code:
        print(f"{result.trial.key}: the stored result is not of the code of that commit")
        return False
    what = "the same predictions, bit for bit"
    same = _alike(old, new)
    if not same:
        spread = max(_distance(old, _trained(result, before)) for _ in range(MORE_RUNS))
        distance = _distance(old, new)
        same = distance <= spread < np.inf
        what = f"the same labels; probabilities within {distance:.1g}, among runs of the old code within {spread:.1g}"
    print(f"{result.trial.key}: {what if same else 'OTHER predictions'}", flush=True)
    return same


def _alike(first: Trained, second: Trained) -> bool:
    import numpy as np

    return first.predictions.keys() == second.predictions.keys() and all(
        np.array_equal(first.predictions[name], second.predictions[name]) for name in first.predictions
    )


def _distance(first: Trained, second: Trained) -> float:
    """Return the largest difference of two probabilities; infinity if a label is another."""
    import numpy as np

    if first.predictions.keys() != second.predictions.keys():
        return np.inf
    if not np.array_equal(first.predictions["y_pred"], second.predictions["y_pred"]):
        return np.inf
    pairs = [(first.predictions[name], second.predictions[name]) for name in first.predictions]
    return max(float(np.abs(a.astype(float) - b).max()) for a, b in pairs)


def _trained(result: TrialResult, tree: Path) -> Trained:
    """Run a trial with the code in ``tree``, by its command line."""
    import numpy as np

    trial = result.trial
    with tempfile.TemporaryDirectory() as folder:
        words = ["--models", trial.label, "--features", trial.features, "--dataset", trial.dataset]
        words += ["--threads", str(result.resources.threads), "--results-dir", folder]
        words += ["--train-size", str(trial.train_size)] if trial.train_size else []
        done = subprocess.run([sys.executable, "bench.py", *words], cwd=tree, capture_output=True, text=True)
        if done.returncode:
            raise BenchError(f"{trial.key} does not run in {tree}: {done.stdout[-500:]}{done.stderr[-500:]}")
        place = Path(folder, "local", trial.dataset)
        code = json.loads((place / "trials" / f"{trial.key}.json").read_text(encoding="utf-8"))["inputs"]["code"]
        with np.load(place / "predictions" / f"{trial.key}.npz", allow_pickle=False) as arrays:
            return Trained(code, dict(arrays))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BenchError as error:
        print(f"migrate_fingerprints: {error}", file=sys.stderr)
        sys.exit(2)
