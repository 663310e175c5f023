"""``bench.py compare``: finds two runs, or a run and a leaderboard, and prints what changed between them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.analysis.run_comparison import Side, compare_rows, regressions
from benchmarks.common.errors import BenchError
from benchmarks.records.dataset_file import DATASET_FILE, folder_name
from benchmarks.records.store import RUN_NAME, ResultStore
from benchmarks.report.comparison.leaderboard_file import compared_with_leaderboard, is_leaderboard
from benchmarks.report.comparison.markdown import Compared, as_markdown
from benchmarks.report.data.findings import Findings, read_findings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NOTHING_WORSE, SOME_WORSE = 0, 1


def compare_runs(results: Path, first: str, second: str, dataset: str | None, fail_on: Sequence[str]) -> int:
    """Print what changed from the first run to the second; return 1 if a metric of ``fail_on`` is worse.

    ``first`` and ``second`` are names of runs in ``results`` or paths of run folders; one may be a
    leaderboard.csv. Without ``dataset`` every dataset that both have is compared.
    Raises ``BenchError`` for what cannot be compared.
    """
    listed = [is_leaderboard(name) for name in (first, second)]
    if all(listed):
        raise BenchError("a leaderboard does not record its images, so one of the two should be a run")
    folders = [_folder(results, name) for name, file in zip((first, second), listed, strict=True) if not file]
    datasets = _datasets(folders, dataset)
    if any(listed):
        if len(datasets) > 1:
            raise BenchError(f"{folders[0]} has results on {', '.join(datasets)}; choose one with --dataset NAME")
        path = Path(first if listed[0] else second)
        compared = [compared_with_leaderboard(path, _store(folders[0], datasets[0]), file_first=listed[0])]
    else:
        compared = [compared_runs(*(_store(folder, name) for folder in folders)) for name in datasets]
    worse = [regressions(one.rows, fail_on) for one in compared]
    print("\n".join(as_markdown((first, second), one, found) for one, found in zip(compared, worse, strict=True)))
    return SOME_WORSE if any(worse) else NOTHING_WORSE


def _folder(results: Path, name: str) -> Path:
    named = [results / name] if RUN_NAME.fullmatch(name) else []
    for folder in (*named, Path(name)):
        if folder.is_dir():
            return folder.resolve()
    raise BenchError(f"there is no run '{name}' in {results}, and no folder of that name")


def _datasets(folders: Sequence[Path], dataset: str | None) -> list[str]:
    """Return the datasets to compare: the one asked for, or all that every run has."""
    if dataset:
        dataset = folder_name(folders[0], dataset)
    stored = [{path.parent.name for path in folder.glob(f"*/{DATASET_FILE}")} for folder in folders]
    for folder, found in zip(folders, stored, strict=True):
        if (folder / DATASET_FILE).is_file():
            raise BenchError(f"{folder} is one dataset of a run; name {folder.parent} and --dataset {folder.name}")
        if not found:
            raise BenchError(f"{folder} is no run: no folder in it holds a {DATASET_FILE}")
        if dataset and dataset not in found:
            raise BenchError(f"{folder} has no results on '{dataset}'; it has: {', '.join(sorted(found))}")
    common = sorted(set.intersection(*stored))
    if not common:
        names = " and ".join(", ".join(sorted(found)) for found in stored)
        raise BenchError(f"the runs have no dataset in common: {names}")
    return [dataset] if dataset else common


def _store(folder: Path, dataset: str) -> ResultStore:
    return ResultStore(folder.parent, folder.name, dataset)


def compared_runs(first: ResultStore, second: ResultStore) -> Compared:
    """Return what changed from one run on a dataset to another; raises ``BenchError`` if they cannot be compared."""
    a, b = (read_findings(store, {}) for store in (first, second))
    if a.audit.data_hash != b.audit.data_hash:
        raise BenchError(f"{first.folder} and {second.folder} were measured on other images; they cannot be compared")
    trained_on = [board.n_train for board in (a.board, b.board) if board.n_train]  # None where no row is ok
    if len(set(trained_on)) > 1:
        sizes = " and ".join(f"{n_train:,}" for n_train in trained_on)
        raise BenchError(f"the runs on {a.dataset} were trained on {sizes} images; they cannot be compared")
    why_no_times = _why_no_times(a, b)
    before, after = _sides(a, first), _sides(b, second)
    return Compared(
        dataset=a.dataset,
        rows=compare_rows(before, after, why_no_times),
        why_no_times=why_no_times,
        only_first=tuple(name for name in before if name not in after),
        only_second=tuple(name for name in after if name not in before),
    )


def _why_no_times(first: Findings, second: Findings) -> str:
    machines = {*first.board.machines, *second.board.machines}
    return "they come from different machines" if len(machines) > 1 else ""


def _sides(findings: Findings, store: ResultStore) -> dict[str, Side]:
    return {
        row.name: Side(tuple(findings.results[key] for key in keys), _correct(findings, store, keys))
        for row, keys in zip(findings.board.rows, findings.board.keys, strict=True)
    }


def _correct(findings: Findings, store: ResultStore, keys: Sequence[str]) -> NDArray[np.bool_] | None:
    import numpy as np

    predictions = [one for key in keys if (one := store.predictions(key))]
    if len(predictions) < len(keys):
        return None
    return np.stack([one.labels == findings.truth for one in predictions])
