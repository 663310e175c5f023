"""``python -m benchmarks.regression``: has anything become slower or less accurate since what is stored?

Runs the benchmarks of this folder, in several turns and on one thread, and compares with the last stored
passes. What looks slower is repeated, in turn with the code that was stored, before anything is said of it.
``--save`` stores passes instead. Exit codes: 0 nothing is worse, 1 something is, 2 it could not be told,
130 it was interrupted.
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
from benchmarks.regression.judging.confirm import confirmed
from benchmarks.regression.judging.markdown import as_markdown
from benchmarks.regression.judging.run import HERE, one_pass, run_benchmarks
from benchmarks.regression.judging.storage import last_stored

UNCOMMITTED = "not all of this code is committed; later runs can compare with its times, and not time it again"
NOTHING_WORSE, SOME_WORSE, CANNOT_TELL, INTERRUPTED = 0, 1, 2, 130


def main(words: Sequence[str]) -> int:
    """Compare or store; return the exit code."""
    options = parsed(words)
    try:
        if unknown := [name for name in options.files if not (ROOT / HERE / name).is_file()]:
            raise BenchError(f"there is no file {unknown[0]} in {HERE}")
        if options.save:
            return save(options.storage, options.passes, options.files)
        return compare(options.storage, options.files)
    except BenchError as error:
        print(f"regression: {error}", file=sys.stderr)
        return CANNOT_TELL
    except KeyboardInterrupt:
        return INTERRUPTED


def parsed(words: Sequence[str]) -> argparse.Namespace:
    """Return the options; ends with exit code 2 if they are wrong."""
    _, _, description = (__doc__ or "").partition(": ")
    parser = argparse.ArgumentParser(prog="python -m benchmarks.regression", description=description)
    parser.add_argument("--save", action="store_true", help="store passes, for later runs to compare with")
    parser.add_argument("--passes", type=int, default=5, metavar="N", help="how many to store (5)")
    parser.add_argument("--storage", type=Path, default=RESULTS / "regression", metavar="DIR", help="where they are")
    parser.add_argument("files", nargs="*", metavar="FILE", help="run these alone, as test_models.py (all)")
    return parser.parse_args(words)


def save(storage: Path, n_passes: int, files: Sequence[str]) -> int:
    """Run the benchmarks several times, each time stored by pytest-benchmark under one name."""
    if n_passes < 2:
        raise BenchError("--passes should be a whole number above 1: one pass does not show its own noise")
    if current_environment().git_dirty is not False:
        print(f"regression: {UNCOMMITTED}", file=sys.stderr, flush=True)
    name = f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}"
    for number in range(n_passes):
        print(f"pass {number + 1} of {n_passes}", flush=True)
        run_benchmarks(places(files), f"--benchmark-storage=file://{storage.resolve()}", f"--benchmark-save={name}")
    print(f"stored in {storage}")
    return NOTHING_WORSE


def compare(storage: Path, files: Sequence[str]) -> int:
    """Run the benchmarks once, those that look slower a few times more, and print what came of it."""
    before = last_stored(storage, current_environment().machine_id)
    if before is None:
        raise BenchError(f"nothing is stored in {storage} to compare with; 'make regress-save' stores")
    before = before.of_files(files)
    now = one_pass(places(files))
    outcome = confirmed(before, now)
    print(as_markdown(before, now, outcome.judged, outcome.repeated))
    return SOME_WORSE if any(one.alarms for one in outcome.judged) else NOTHING_WORSE


def places(files: Sequence[str]) -> list[str]:
    """Return where files are, as pytest takes them; without names, all of them."""
    return [f"{HERE}/{name}" for name in files] or [HERE]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
