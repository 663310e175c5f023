"""Two stored files of benchmarks, compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.common.errors import BenchError
from benchmarks.regression.judging.judge import judge
from benchmarks.regression.judging.markdown import as_markdown
from benchmarks.regression.judging.storage import read_stored

GATES = {"slower": {"fit", "predict"}, "less accurate": {"accuracy"}}


def compare_stored(first: Path, second: Path, fail_on: Sequence[str]) -> int:
    """Print what changed from the first file to the second; return 1 if that is among ``fail_on``.

    Any time counts as ``fit`` or ``predict``. Raises ``BenchError`` if one of them is no stored file.
    """
    for path in (first, second):
        if not path.is_file():
            message = "compare runs with runs or a leaderboard.csv, and stored benchmarks with stored benchmarks"
            raise BenchError(f"{path} is no file; {message}")
    before, now = read_stored(first), read_stored(second)
    judged = judge(before.turns, now.turns, before.machine == now.machine)
    print(as_markdown(before, now, judged))
    return int(any(GATES[alarm] & set(fail_on) for one in judged for alarm in one.alarms))
