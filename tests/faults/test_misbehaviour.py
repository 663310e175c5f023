"""Whatever a model does is its own row: the bench goes on, nothing is left of it, its neighbours lose nothing."""

from __future__ import annotations

import hashlib
import shutil
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from benchmarks.records.store import ResultStore
from tests.cli_helpers import QUICK
from tests.conftest import Bench
from tests.faults.misbehaving import FAILED, GROUPS, OK, Case, plugin

QUICK_ONES = ("deletes-its-folder", "FIFO-as-answer", "raises-without-text", "forks-twice")
QUICK_CASES = [case for cases in GROUPS.values() for case in cases if case.name in QUICK_ONES]


def test_there_are_many_cases() -> None:
    names = [case.name for cases in GROUPS.values() for case in cases]
    assert len(set(names)) == len(names) >= 60


def test_a_few_models_that_misbehave(bench: Bench, tmp_path: Path) -> None:
    expect_rows(QUICK_CASES, bench, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("group", GROUPS)
def test_models_that_misbehave(group: str, bench: Bench, tmp_path: Path) -> None:
    expect_rows(GROUPS[group], bench, tmp_path)
    print(f"{len(GROUPS[group])} misbehaving models ({group}), each a row of its own")


CHECKED = ("forks-twice", "forks-twice-and-exits", "deletes-its-folder", "leaves-a-deaf-child", "raises-without-text")


@pytest.mark.slow
@pytest.mark.parametrize("name", [*CHECKED, "writes-results-of-its-own"])
def test_models_that_misbehave_under_check(name: str, bench: Bench, tmp_path: Path) -> None:
    of_its_own = [
        b"", b"[]", b"{", b'{"result": {"name": "x"}}', b"\xff", b"[" * 100_000,
        b'{"result": {"name": "\\u001b[2J", "status": "failed", "message": "\\n\\u001b"}}',
    ]  # fmt: skip
    write = f"(HERE / 'results.jsonl').open('ab').write(b'\\n'.join({of_its_own!r}) + b'\\n' * 2)"
    known = {case.name: case for cases in GROUPS.values() for case in cases}
    case = known.get(name, Case(name, OK, "", write))
    (tmp_path / "misbehaving_models.py").write_text(plugin([case]))
    done = bench("check", str(tmp_path / "misbehaving_models.py"), "--timeout", "25")
    assert done.returncode in (0, 1) and "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    assert "\x1b" not in done.stdout
    assert left_running(tmp_path) == []
    assert list((tmp_path / "scratch").iterdir()) == []


def expect_rows(cases: list[Case], bench: Bench, tmp_path: Path) -> None:
    """Run the models with a good one before, and check every row and what is left."""
    file, scratch = tmp_path / "misbehaving_models.py", tmp_path / "scratch"
    file.write_text(plugin(cases))
    names = [case.name for case in cases]
    done = bench(
        "--plugin", str(file), "--models", ",".join([*names, "knn"]), *QUICK,
        "--jobs", "2", "--timeout", "25", "--memory", "1", "--keep-models",
    )  # fmt: skip
    faults = [fault for case in cases for fault in faults_of(case, tmp_path)]
    assert not faults, "\n".join(faults)
    assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    assert done.returncode == (1 if any(case.status not in (OK, "skipped") for case in cases) else 0)
    assert left_running(tmp_path) == []
    assert [path.name for path in scratch.iterdir() if path.suffix not in (".lock", ".holder")] == []
    shared = Path("/dev/shm") / f"digitbench-{hashlib.sha256(str(file).encode()).hexdigest()[:12]}"
    assert not shared.exists()
    assert_neighbour_is_unchanged(bench, tmp_path)


def faults_of(case: Case, results: Path) -> list[str]:
    """Return what is wrong with the row of a model."""
    store = ResultStore(results, "local", "digits")
    key = f"{case.name}@pixels-s0"
    row = store.load(key)
    if row is None:
        return [f"{case.name}: no row ({store.damage(key)})"]
    faults = []
    if row.status != case.status or case.reason not in row.reason:
        faults.append(f"{case.name}: {row.status} ({row.reason}), not {case.status} ({case.reason})")
    if len(row.reason) > 300 or not row.reason.isprintable() or "Traceback" in row.reason:
        faults.append(f"{case.name}: its reason is {row.reason!r}")
    if row.status == FAILED and not row.reason:
        faults.append(f"{case.name}: no reason")
    log = store.folder / "logs" / f"{key}.log"
    if log.exists() and log.stat().st_size > (1 << 20) + 100:
        faults.append(f"{case.name}: a log of {log.stat().st_size} bytes")
    return faults


def left_running(tmp_path: Path) -> list[list[str]]:
    """Return the command lines of processes that a model or the bench left."""
    for _ in range(20):
        found = [
            process.info["cmdline"]
            for process in psutil.process_iter(["cmdline", "status"])
            if process.info["status"] != psutil.STATUS_ZOMBIE
            and any(str(tmp_path) in word for word in process.info["cmdline"] or [])
        ]
        if not found:
            break
        time.sleep(0.1)
    return found


def assert_neighbour_is_unchanged(bench: Bench, tmp_path: Path) -> None:
    """The good model of the same run has the predictions that it has alone."""
    beside = ResultStore(tmp_path, "local", "digits").predictions("knn@pixels-s0")
    bench("--models", "knn", *QUICK, "--run", "alone")
    alone = ResultStore(tmp_path, "alone", "digits").predictions("knn@pixels-s0")
    assert beside and alone and np.array_equal(beside.labels, alone.labels)
    shutil.rmtree(tmp_path / "alone")
