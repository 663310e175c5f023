"""The suite as ``make regress`` runs it, and the stored files."""

from __future__ import annotations

import getpass
import json
import platform
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from benchmarks.common.errors import BenchError
from benchmarks.provenance.environment import current_environment
from benchmarks.regression.__main__ import main
from benchmarks.regression.detection.calibration import measure_seconds
from benchmarks.regression.detection.repetitions import REPETITIONS, repetition_ids
from benchmarks.regression.detection.run import SUITE, run_benchmarks
from benchmarks.regression.detection.storage import latest_baseline, read_baseline, read_pass
from features.registry import FEATURES
from models.registry import MODELS
from tests.conftest import ROOT

STORED = sorted((ROOT / "results" / "regression").glob("*/*.json"))
ONE = [f"{SUITE}/{place}" for place in repetition_ids("test_harness.py::test_score")]


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("storage")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTEST_XDIST_WORKER", raising=False)  # pytest-benchmark refuses to run under xdist
        run_benchmarks(ONE, f"--benchmark-storage=file://{folder}", "--benchmark-save=first")
    (path,) = folder.glob("*/0001_first.json")
    return path


@pytest.fixture
def path(made_once: Path, tmp_path: Path) -> Path:
    """A stored benchmark in a separate storage."""
    (tmp_path / "storage" / "machine").mkdir(parents=True)
    return Path(shutil.copy(made_once, tmp_path / "storage" / "machine"))


def test_a_stored_pass_can_be_read_and_names_nobody(path: Path, tmp_path: Path) -> None:
    one = read_pass(path)
    assert [list(repetition) for repetition in one.repetitions] == [["test_harness.py::test_score"]] * len(REPETITIONS)
    assert one.machine == current_environment().machine_id and one.packages["python"] == platform.python_version()
    text = path.read_text()
    for name in (str(ROOT), str(tmp_path), platform.node(), getpass.getuser()):
        assert not re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", text), name


def test_the_latest_baseline_of_this_machine_is_used(path: Path, tmp_path: Path) -> None:
    machine = current_environment().machine_id
    assert latest_baseline(tmp_path / "empty", machine) is None
    # pytest-benchmark numbers the files of each folder (one per kind of Python) from 1: the name shows the newest
    older, newer = path.parent, path.parent.parent / "newer"
    newer.mkdir()
    for folder, number, name, commit, dirty in (
        (older, 7, "1-first", "a", False),
        (newer, 2, "2-second", "b", False),
        (newer, 3, "2-second", "b", False),
        (newer, 4, "3-other", "b", True),
    ):
        content = json.loads(path.read_text())
        content["commit_info"] = {"id": commit, "dirty": dirty}
        content["machine_info"]["machine_id"] = "other" if name == "3-other" else machine
        (folder / f"{number:04}_{name}.json").write_text(json.dumps(content))
    path.unlink()
    mine, other = (latest_baseline(tmp_path / "storage", one) for one in (machine, "nowhere"))
    assert mine and (mine.name, len(mine.repetitions), mine.commit) == ("2-second", 2 * len(REPETITIONS), "b")
    assert other and (other.name, other.machine, other.commit) == ("3-other", "other", None)


def test_passes_of_two_commits_have_no_commit(path: Path) -> None:
    for number, commit in enumerate("ab"):
        content = json.loads(path.read_text())
        content["commit_info"] = {"id": commit, "dirty": False}
        stored = path.with_name(f"{number:04}_both.json")
        stored.write_text(json.dumps(content))
    assert read_pass(stored).commit == "b" and read_baseline(stored).commit is None


def test_passes_of_another_protocol_are_rejected(path: Path) -> None:
    content = json.loads(path.read_text())
    content["benchmarks"][0]["extra_info"]["protocol"] = 0
    path.write_text(json.dumps(content))
    with pytest.raises(BenchError, match="another version of the suite"):
        read_pass(path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"machine_info": 3}', '{"machine_info": {}, "benchmarks": [{}]}'])
def test_a_foreign_file_is_reported(tmp_path: Path, text: str) -> None:
    (tmp_path / "0001_x.json").write_text(text)
    with pytest.raises(BenchError, match="was not stored by"):
        read_pass(tmp_path / "0001_x.json")


def test_without_a_baseline_the_error_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--storage", str(tmp_path)]) == 2
    assert main(["--storage", str(tmp_path), "--save", "--passes", "1"]) == 2
    errors = capsys.readouterr().err
    assert "run 'make regress-save'" in errors and "at least 2" in errors


def test_failing_benchmarks_are_reported() -> None:
    with pytest.raises(BenchError, match="benchmarks failed"):
        run_benchmarks([f"{SUITE}/test_nothing.py"])


def test_cpu_time_includes_children_and_not_waiting() -> None:
    busy = measure_seconds(lambda: subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True))
    waiting = measure_seconds(lambda: threading.Event().wait(0.3))
    assert busy.cpu > 0.03 and waiting.cpu < 0.1 <= 0.3 <= waiting.wall + 0.01


def test_the_published_baseline_is_valid_and_names_nobody() -> None:
    assert STORED
    assert read_baseline(STORED[-1]).commit, "was not stored with one committed version of the code"
    names = set(read_pass(STORED[-1]).repetitions[0])
    assert {f"test_features.py::test_transform[{name}]" for name in FEATURES if name == "hog"} <= names
    assert {f"test_models.py::test_{what}[knn]" for what in ("fit", "predict") if "knn" in MODELS} <= names
    for path in STORED:
        text = path.read_text()
        assert not re.search(r"/(home|root|tmp|work|Users)\b", text)
        assert set(json.loads(text)["commit_info"]) == {"id", "dirty"}
        assert path.stat().st_size < 500_000
