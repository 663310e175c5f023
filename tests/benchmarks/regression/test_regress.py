"""The decisions of ``make regress``, with synthetic passes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path

import pytest

from benchmarks.common.errors import BenchError
from benchmarks.records.trial import Environment
from benchmarks.regression import __main__ as regress
from benchmarks.regression.detection import baseline_code, confirm
from benchmarks.regression.detection.detect import Sample
from benchmarks.regression.detection.repetitions import REPETITIONS, name_and_repetition, repetition_ids
from benchmarks.regression.detection.run import SUITE, one_pass
from benchmarks.regression.detection.storage import BenchmarkResults
from tests.conftest import ROOT

COMMIT = "0123456789abcdef"
REPETITION = {"a": Sample(1.0), "b": Sample(1.0, 0.9)}
BEFORE = BenchmarkResults("before", (REPETITION,) * 15, "here", {"numpy": "2.0"}, COMMIT)
OLD_TREE = Path("old")


@dataclass
class FakeSuite:
    """Replaces running benchmarks: each call returns the next ratio of ``a`` and records the request.

    ``old``: the ratios of the baseline code, if git has it; ``requests``: the trees and benchmarks that were run.
    """

    ratios: Iterator[float]
    old: Iterator[float] | None = None
    machine: str = "here"
    accuracy: float = 0.9
    numpy: str = "2.0"
    chosen: list[tuple[Path, list[str]]] = field(default_factory=list)

    def one_pass(self, which: Sequence[str], tree: Path = ROOT) -> BenchmarkResults:
        self.chosen.append((tree, list(which)))
        ratios, accuracy = (self.old or iter(()), 0.9) if tree == OLD_TREE else (self.ratios, self.accuracy)
        one = {"a": Sample(next(ratios)), "b": Sample(1.0, accuracy)}
        everything = which == [SUITE]
        chosen = {name: timed for name, timed in one.items() if everything or set(places(name)) <= set(which)}
        return BenchmarkResults("now", (chosen,) * len(REPETITIONS), self.machine, {"numpy": self.numpy})

    @contextmanager
    def baseline_code(self, commit: str | None) -> Iterator[Path | None]:
        assert commit in (None, COMMIT)
        yield OLD_TREE if commit and self.old else None


def places(name: str) -> list[str]:
    return [f"{SUITE}/{name}[{repetition}]" for repetition in REPETITIONS]


def run_regress(
    suite: FakeSuite, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    for module in (regress, confirm):
        monkeypatch.setattr(module, "one_pass", suite.one_pass)
    monkeypatch.setattr(confirm, "baseline_code", suite.baseline_code)
    monkeypatch.setattr(regress, "latest_baseline", lambda storage, machine: BEFORE)
    return regress.main(["--storage", str(Path("unused"))]), capsys.readouterr().out


def test_unchanged_code_is_run_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    suite = FakeSuite(iter([1.04]), old=repeat(1.0))
    code, text = run_regress(suite, monkeypatch, capsys)
    assert code == 0 and "No regressions in 2 benchmarks." in text and suite.chosen == [(ROOT, [SUITE])]


def test_a_suspect_is_repeated_until_it_is_within_noise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = FakeSuite(iter([1.6, 1.5, 1.0, 1.0]))
    code, text = run_regress(suite, monkeypatch, capsys)
    assert code == 0 and "No regressions" in text
    assert suite.chosen == [(ROOT, [SUITE]), *[(ROOT, places("a"))] * 3]


def test_a_slower_machine_slows_the_baseline_code_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = FakeSuite(repeat(1.5), old=repeat(1.5))
    code, text = run_regress(suite, monkeypatch, capsys)
    assert code == 0 and "No regressions" in text
    assert suite.chosen == [(ROOT, [SUITE]), (OLD_TREE, places("a")), (ROOT, places("a"))]


@pytest.mark.parametrize("old", [None, repeat(0.95)])
def test_a_slowdown_in_every_repetition_is_a_regression(
    old: Iterator[float] | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = FakeSuite(repeat(1.3), old=old)
    code, text = run_regress(suite, monkeypatch, capsys)
    assert code == 1 and "**`a` is slower.**" in text
    against = f"alternating with commit {COMMIT:.7}" if old else "compared with the stored times"
    assert f"Repeated, {against}: `a`." in text
    assert len(suite.chosen) == 1 + confirm.MAX_CONFIRMATIONS * (2 if old else 1)


def test_changed_libraries_are_compared_with_stored_times(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = FakeSuite(repeat(1.3), old=repeat(1.3), numpy="2.1")
    code, text = run_regress(suite, monkeypatch, capsys)
    assert code == 1 and "`a` is slower" in text and "numpy 2.0 → 2.1" in text


def test_another_machine_and_changed_versions_are_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = run_regress(FakeSuite(repeat(3.0), machine="there", numpy="2.1"), monkeypatch, capsys)
    assert code == 0 and "another kind of machine" in text and "numpy 2.0 → 2.1" in text
    code, text = run_regress(FakeSuite(repeat(3.0), machine="there", accuracy=0.8), monkeypatch, capsys)
    assert code == 1 and "`b` is less accurate" in text and "`a` is slower" not in text


def test_only_the_named_files_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("test_models.py::test_fit[knn]", "test_reports.py::test_report")
    passes = BenchmarkResults("before", (dict.fromkeys(names, Sample(1.0)),), "here", {})
    assert [list(one) for one in passes.of_files(["test_models.py"]).repetitions] == [[names[0]]]
    assert passes.of_files([]) == passes
    assert regress.main(["test_nowhere.py"]) == 2
    assert "there is no file test_nowhere.py" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["test_harness.py::test_score", "test_models.py::test_fit[knn-deskew]"])
def test_a_benchmark_has_the_same_name_in_every_repetition(name: str) -> None:
    assert [name_and_repetition(f"some/folder/{place}") for place in repetition_ids(name)] == [
        (name, repetition) for repetition in REPETITIONS
    ]
    with pytest.raises(ValueError, match="has no repetition"):
        name_and_repetition(name)


def test_the_baseline_code_comes_from_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> str:
        author = ["-c", "user.name=a", "-c", "user.email=a@invalid"]
        call = ["git", *author, *arguments]
        return subprocess.run(call, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()

    monkeypatch.setattr(baseline_code, "ROOT", tmp_path)
    with baseline_code.baseline_code("HEAD") as folder:
        assert folder is None  # no repository
    git("init")
    (tmp_path / "bench.py").write_text("old")
    git("add", ".")
    git("commit", "--message", "old")
    commit = git("rev-parse", "HEAD")
    (tmp_path / "bench.py").write_text("new")
    with baseline_code.baseline_code(commit) as folder:
        assert folder and [(path.name, path.read_text()) for path in folder.rglob("*")] == [("bench.py", "old")]
    assert not folder.exists()
    for unknown in ("0" * 40, None):
        with baseline_code.baseline_code(unknown) as folder:
            assert folder is None


@pytest.mark.parametrize("name", ["features/registry.py", "models/registry.py", f"{SUITE}/test_harness.py"])
def test_the_code_of_the_given_tree_is_timed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # pytest-benchmark refuses to run under xdist
    with baseline_code.baseline_code("HEAD") as folder:
        assert folder
        (folder / name).write_text("raise RuntimeError")
        with pytest.raises(BenchError, match="benchmarks failed"):
            one_pass([f"{SUITE}/test_harness.py"], folder)


def test_saving_uncommitted_code_gives_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(regress, "run_benchmarks", lambda *arguments: None)
    for dirty in (True, False, None):
        monkeypatch.setattr(regress, "current_environment", lambda dirty=dirty: Environment("here", git_dirty=dirty))
        assert regress.main(["--save", "--passes", "2", "--storage", str(tmp_path)]) == 0
        assert ("there are uncommitted changes" in capsys.readouterr().err) is (dirty is not False)
