"""``python -m benchmarks.studies.migrate_fingerprints RUN``: fingerprints of results whose code only moved.

Moving or renaming code changes its hash, and stored results would be re-run although nothing would come out
differently. This re-runs the quickest row of each family, or the rows that are named, and compares its predictions with
the stored ones, bit for bit. Where they are the same, the code hash of all results of the family is renewed, as long as
nothing else changed: data, settings, versions of libraries, weights. Where they are not, nothing of the family is
touched. Files of an older schema are written in the current one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.api import Run, load_run, run
from benchmarks.catalog.catalog import Catalog, load_catalog
from benchmarks.cli.display import RunDisplay
from benchmarks.common.atomic_files import write_whole
from benchmarks.common.errors import BenchError
from benchmarks.provenance.fingerprint import inputs_of
from benchmarks.records.trial import TrialResult
from benchmarks.records.trial_file import encode_result

ALL_MIGRATED, SOME_LEFT = 0, 1


def main(arguments: Sequence[str]) -> int:
    """Migrate what can be shown to be the same; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.studies.migrate_fingerprints", description=__doc__)
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--dataset", metavar="NAME", help="default: the run's only one")
    parser.add_argument("--rows", default="", metavar="NAMES", help="as dummy@pixels,knn@hog (each family's quickest)")
    options = parser.parse_args(arguments)
    stored = load_run(options.run, options.dataset)
    catalog = load_catalog()
    results = [result for result in stored.findings().results.values() if result.ok]
    named = set(filter(None, options.rows.split(",")))
    proofs = [one for one in results if _row(one) in named] if named else quickest_of_each_family(results, stored)
    same: dict[str, bool] = {}
    for one in proofs:
        family = stored.families[one.trial.model]
        same[family] = _predicts_the_same(one, stored) and same.get(family, True)
    migrated = [migrate(one, stored, catalog) for one in results if same.get(stored.families[one.trial.model])]
    print(f"{sum(migrated)} of {len(results)} results have the fingerprint of today's code now")
    return ALL_MIGRATED if sum(migrated) == len(results) else SOME_LEFT


def quickest_of_each_family(results: Sequence[TrialResult], stored: Run) -> list[TrialResult]:
    """Return the result of each family that took the least time, of those of the first seed."""
    quickest: dict[str, TrialResult] = {}
    for result in sorted((one for one in results if one.trial.seed == 0), key=lambda one: one.timing.total_s or 0.0):
        quickest.setdefault(stored.families[result.trial.model], result)
    return list(quickest.values())


def migrate(result: TrialResult, stored: Run, catalog: Catalog) -> bool:
    """Store a result with today's code hash; return whether nothing but the code and the machine differs."""
    now = inputs_of(result.trial, catalog, result.inputs.data, result.inputs.evaluation)
    settings = {**catalog.models[result.trial.model].defaults_on(result.trial.features), **result.trial.params}
    changed = set(now.changed_since(result.inputs)) - {"code", "machine"}
    if changed or settings != result.settings:
        print(f"{result.trial.key}: {', '.join(sorted(changed)) or 'settings'} changed; it is left as it is")
        return False
    migrated = replace(result, inputs=replace(result.inputs, code=now.code))
    write_whole(stored.folder / "trials" / f"{result.trial.key}.json", encode_result(migrated))
    return True


def _predicts_the_same(result: TrialResult, stored: Run) -> bool:
    """Re-run a trial and return whether its labels and probabilities are bit for bit the stored ones."""
    import numpy as np

    trial = result.trial
    with tempfile.TemporaryDirectory() as folder, RunDisplay() as display:
        again = run(
            trial.label,
            trial.dataset,
            features=trial.features,
            seeds=trial.seed + 1,
            train_sizes=(trial.train_size,) if trial.train_size else (),
            threads=result.resources.threads,
            results_dir=Path(folder),
            progress=display,
        )
        before, after = stored.store.predictions(trial.key), again.store.predictions(trial.key)
    same = bool(before and after) and all(
        np.array_equal(getattr(before, name), getattr(after, name)) for name in ("labels", "probabilities")
    )
    print(f"{trial.key}: {'the same predictions, bit for bit' if same else 'OTHER predictions'}")
    return same


def _row(result: TrialResult) -> str:
    return f"{result.trial.label}@{result.trial.features}"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BenchError as error:
        print(f"migrate_fingerprints: {error}", file=sys.stderr)
        sys.exit(2)
