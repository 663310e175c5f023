"""``python -m benchmarks.regression``: is anything slower or less accurate than the stored baseline?

Runs the benchmarks of this folder, in several repetitions and on one thread, and compares them with the latest
baseline. Benchmarks that look slower are repeated, alternating with the baseline code. ``--save`` stores a new
baseline instead. Exit codes: 0 no regression, 1 regression, 2 error, 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.common.paths import RESULTS, ROOT
from benchmarks.provenance.environment import current_environment
from benchmarks.regression.detection.confirm import confirm
from benchmarks.regression.detection.markdown import as_markdown
from benchmarks.regression.detection.run import SUITE, one_pass, run_benchmarks
from benchmarks.regression.detection.storage import latest_baseline

UNCOMMITTED = "there are uncommitted changes; later runs can use the stored times, but cannot re-run this code"
NO_REGRESSION, REGRESSION, ERROR, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str]) -> int:
    """Compare or save; return the exit code."""
    options = parsed(arguments)
    try:
        if unknown := [name for name in options.files if not (ROOT / SUITE / name).is_file()]:
            raise BenchError(f"there is no file {unknown[0]} in {SUITE}")
        if options.save:
            return save(options.storage, options.passes, options.files)
        return compare(options.storage, options.files)
    except BenchError as error:
        print(f"regression: {error}", file=sys.stderr)
        return ERROR
    except KeyboardInterrupt:
        return INTERRUPTED


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options; exits with code 2 if they are invalid."""
    _, _, description = (__doc__ or "").partition(": ")
    parser = argparse.ArgumentParser(prog="python -m benchmarks.regression", description=description)
    parser.add_argument("--save", action="store_true", help="store a new baseline")
    parser.add_argument("--passes", type=int, default=5, metavar="N", help="number of passes to store (5)")
    parser.add_argument(
        "--storage", type=Path, default=RESULTS / "regression", metavar="DIR", help="folder of the baselines"
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="benchmark files to run, e.g. test_models.py (all)")
    return parser.parse_args(arguments)


def save(storage: Path, n_passes: int, files: Sequence[str]) -> int:
    """Store several passes under one name."""
    if n_passes < 2:
        raise BenchError("--passes must be at least 2: the noise cannot be estimated from one pass")
    if current_environment().git_dirty is not False:
        print(f"regression: {UNCOMMITTED}", file=sys.stderr, flush=True)
    name = f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}"
    for number in range(n_passes):
        print(f"pass {number + 1} of {n_passes}", flush=True)
        run_benchmarks(places(files), f"--benchmark-storage=file://{storage.resolve()}", f"--benchmark-save={name}")
    print(f"stored in {storage}")
    return NO_REGRESSION


def compare(storage: Path, files: Sequence[str]) -> int:
    """Run the benchmarks once, repeat those that look slower, and print the comparison."""
    baseline = latest_baseline(storage, current_environment().machine_id)
    if baseline is None:
        raise BenchError(f"no baseline in {storage}; run 'make regress-save' first")
    baseline = baseline.of_files(files)
    current = one_pass(places(files))
    outcome = confirm(baseline, current)
    print(as_markdown(baseline, current, outcome.comparisons, outcome.repeated))
    return REGRESSION if any(one.regressions for one in outcome.comparisons) else NO_REGRESSION


def places(files: Sequence[str]) -> list[str]:
    """Return pytest's paths of the files; without names, of all."""
    return [f"{SUITE}/{name}" for name in files] or [SUITE]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
