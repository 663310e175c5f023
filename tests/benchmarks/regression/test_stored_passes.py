"""The suite as ``make regress`` runs it, and what is stored."""

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
from benchmarks.regression.judging.reference_kernel import spent
from benchmarks.regression.judging.rounds import TURNS, in_turns
from benchmarks.regression.judging.run import HERE, run_benchmarks
from benchmarks.regression.judging.storage import last_stored, read_pass, read_stored
from features.registry import FEATURES
from models.registry import MODELS
from tests.conftest import ROOT

STORED = sorted((ROOT / "results" / "regression").glob("*/*.json"))
ONE = [f"{HERE}/{place}" for place in in_turns("test_harness.py::test_score")]


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("storage")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTEST_XDIST_WORKER", raising=False)  # beside other tests pytest-benchmark would refuse
        run_benchmarks(ONE, f"--benchmark-storage=file://{folder}", "--benchmark-save=first")
    (path,) = folder.glob("*/0001_first.json")
    return path


@pytest.fixture
def path(made_once: Path, tmp_path: Path) -> Path:
    """One benchmark, stored, in a storage of its own."""
    (tmp_path / "storage" / "machine").mkdir(parents=True)
    return Path(shutil.copy(made_once, tmp_path / "storage" / "machine"))


def test_a_stored_pass_is_read_again_and_names_nobody(path: Path, tmp_path: Path) -> None:
    one = read_pass(path)
    assert [list(turn) for turn in one.turns] == [["test_harness.py::test_score"]] * len(TURNS)
    assert one.machine == current_environment().machine_id and one.packages["python"] == platform.python_version()
    text = path.read_text()
    for name in (str(ROOT), str(tmp_path), platform.node(), getpass.getuser()):
        assert not re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", text), name


def test_the_last_stored_passes_of_this_machine_are_taken(path: Path, tmp_path: Path) -> None:
    machine = current_environment().machine_id
    assert last_stored(tmp_path / "empty", machine) is None
    # pytest-benchmark counts in each folder, one a kind of Python, from one: the name tells what is newest
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
    mine, other = (last_stored(tmp_path / "storage", one) for one in (machine, "nowhere"))
    assert mine and (mine.name, len(mine.turns), mine.commit) == ("2-second", 2 * len(TURNS), "b")
    assert other and (other.name, other.machine, other.commit) == ("3-other", "other", None)


def test_passes_over_two_states_of_the_code_are_of_no_commit(path: Path) -> None:
    for number, commit in enumerate("ab"):
        content = json.loads(path.read_text())
        content["commit_info"] = {"id": commit, "dirty": False}
        stored = path.with_name(f"{number:04}_both.json")
        stored.write_text(json.dumps(content))
    assert read_pass(stored).commit == "b" and read_stored(stored).commit is None


def test_passes_of_another_version_of_the_suite_are_refused(path: Path) -> None:
    content = json.loads(path.read_text())
    content["benchmarks"][0]["extra_info"]["protocol"] = 0
    path.write_text(json.dumps(content))
    with pytest.raises(BenchError, match="another version of the suite"):
        read_pass(path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"machine_info": 3}', '{"machine_info": {}, "benchmarks": [{}]}'])
def test_a_file_that_the_suite_did_not_write_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "0001_x.json").write_text(text)
    with pytest.raises(BenchError, match="is no file that"):
        read_pass(tmp_path / "0001_x.json")


def test_without_anything_stored_it_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--storage", str(tmp_path)]) == 2
    assert main(["--storage", str(tmp_path), "--save", "--passes", "1"]) == 2
    said = capsys.readouterr().err
    assert "'make regress-save' stores" in said and "above 1" in said


def test_benchmarks_that_fail_are_said() -> None:
    with pytest.raises(BenchError, match="do not run"):
        run_benchmarks([f"{HERE}/test_nothing.py"])


def test_processor_time_counts_children_and_not_waiting() -> None:
    busy = spent(lambda: subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True))
    waiting = spent(lambda: threading.Event().wait(0.3))
    assert busy.cpu > 0.03 and waiting.cpu < 0.1 <= 0.3 <= waiting.wall + 0.01


def test_what_is_published_was_stored_by_this_suite_and_names_nobody() -> None:
    assert STORED
    assert read_stored(STORED[-1]).commit, "was not stored with one state of the code, all of it committed"
    names = set(read_pass(STORED[-1]).turns[0])
    assert {f"test_features.py::test_transform[{name}]" for name in FEATURES if name == "hog"} <= names
    assert {f"test_models.py::test_{what}[knn]" for what in ("fit", "predict") if "knn" in MODELS} <= names
    for path in STORED:
        text = path.read_text()
        assert not re.search(r"/(home|root|tmp|work|Users)\b", text)
        assert set(json.loads(text)["commit_info"]) == {"id", "dirty"}
        assert path.stat().st_size < 500_000
