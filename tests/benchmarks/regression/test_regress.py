"""How ``make regress`` comes to its verdict, with passes that are made up."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path

import pytest

from benchmarks.common.errors import BenchError
from benchmarks.regression import __main__ as regress
from benchmarks.regression.judging import confirm, stored_code
from benchmarks.regression.judging.judge import Timed
from benchmarks.regression.judging.rounds import TURNS, in_turns, name_and_turn
from benchmarks.regression.judging.run import HERE, one_pass
from benchmarks.regression.judging.storage import Passes
from tests.conftest import ROOT

COMMIT = "0123456789abcdef"
TURN = {"a": Timed(1.0), "b": Timed(1.0, 0.9)}
BEFORE = Passes("before", (TURN,) * 15, "here", {"numpy": "2.0"}, COMMIT)
OLD_TREE = Path("old")


@dataclass
class MadeUp:
    """Stands in for running benchmarks: each call gives the next ratio of ``a``, and keeps what was asked for.

    ``old``: the ratios of the stored code, where git has it; ``asked``: the trees and what was run there.
    """

    ratios: Iterator[float]
    old: Iterator[float] | None = None
    machine: str = "here"
    accuracy: float = 0.9
    numpy: str = "2.0"
    chosen: list[tuple[Path, list[str]]] = field(default_factory=list)

    def one_pass(self, which: Sequence[str], tree: Path = ROOT) -> Passes:
        self.chosen.append((tree, list(which)))
        ratios, accuracy = (self.old or iter(()), 0.9) if tree == OLD_TREE else (self.ratios, self.accuracy)
        one = {"a": Timed(next(ratios)), "b": Timed(1.0, accuracy)}
        everything = which == [HERE]
        chosen = {name: timed for name, timed in one.items() if everything or set(places(name)) <= set(which)}
        return Passes("now", (chosen,) * len(TURNS), self.machine, {"numpy": self.numpy})

    @contextmanager
    def stored_code(self, commit: str | None) -> Iterator[Path | None]:
        assert commit in (None, COMMIT)
        yield OLD_TREE if commit and self.old else None


def places(name: str) -> list[str]:
    return [f"{HERE}/{name}[{turn}]" for turn in TURNS]


def said(made_up: MadeUp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    for module in (regress, confirm):
        monkeypatch.setattr(module, "one_pass", made_up.one_pass)
    monkeypatch.setattr(confirm, "stored_code", made_up.stored_code)
    monkeypatch.setattr(regress, "last_stored", lambda storage, machine: BEFORE)
    return regress.main(["--storage", str(Path("unused"))]), capsys.readouterr().out


def test_what_is_unchanged_is_run_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    made_up = MadeUp(iter([1.04]), old=repeat(1.0))
    code, text = said(made_up, monkeypatch, capsys)
    assert code == 0 and "Nothing is worse in 2 benchmarks." in text and made_up.chosen == [(ROOT, [HERE])]


def test_what_looked_slow_by_chance_is_repeated_alone_until_it_does_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made_up = MadeUp(iter([1.6, 1.5, 1.0, 1.0]))
    code, text = said(made_up, monkeypatch, capsys)
    assert code == 0 and "Nothing is worse" in text
    assert made_up.chosen == [(ROOT, [HERE]), *[(ROOT, places("a"))] * 3]


def test_a_machine_that_became_slower_slows_the_stored_code_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made_up = MadeUp(repeat(1.5), old=repeat(1.5))
    code, text = said(made_up, monkeypatch, capsys)
    assert code == 0 and "Nothing is worse" in text
    assert made_up.chosen == [(ROOT, [HERE]), (OLD_TREE, places("a")), (ROOT, places("a"))]


@pytest.mark.parametrize("old", [None, repeat(0.95)])
def test_what_is_slow_every_time_is_slower(
    old: Iterator[float] | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made_up = MadeUp(repeat(1.3), old=old)
    code, text = said(made_up, monkeypatch, capsys)
    assert code == 1 and "**`a` is slower.**" in text
    against = f"in turn with commit {COMMIT:.7}" if old else "against the stored times"
    assert f"Looked slower, and timed again {against}: `a`." in text
    assert len(made_up.chosen) == 1 + confirm.CONFIRMATIONS * (2 if old else 1)


def test_other_libraries_may_be_what_is_slower(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made_up = MadeUp(repeat(1.3), old=repeat(1.3), numpy="2.1")
    code, text = said(made_up, monkeypatch, capsys)
    assert code == 1 and "`a` is slower" in text and "numpy 2.0 → 2.1" in text


def test_another_machine_and_other_versions_are_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = said(MadeUp(repeat(3.0), machine="there", numpy="2.1"), monkeypatch, capsys)
    assert code == 0 and "another kind of machine" in text and "numpy 2.0 → 2.1" in text
    code, text = said(MadeUp(repeat(3.0), machine="there", accuracy=0.8), monkeypatch, capsys)
    assert code == 1 and "`b` is less accurate" in text and "`a` is slower" not in text


def test_files_named_are_compared_alone(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("test_models.py::test_fit[knn]", "test_reports.py::test_report")
    passes = Passes("before", (dict.fromkeys(names, Timed(1.0)),), "here", {})
    assert [list(one) for one in passes.of_files(["test_models.py"]).turns] == [[names[0]]]
    assert passes.of_files([]) == passes
    assert regress.main(["test_nowhere.py"]) == 2
    assert "there is no file test_nowhere.py" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["test_harness.py::test_score", "test_models.py::test_fit[knn-deskew]"])
def test_a_benchmark_is_known_by_its_name_in_every_turn(name: str) -> None:
    assert [name_and_turn(f"some/folder/{place}") for place in in_turns(name)] == [(name, turn) for turn in TURNS]
    with pytest.raises(ValueError, match="names no turn"):
        name_and_turn(name)


def test_the_stored_code_comes_out_of_gits_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*words: str) -> str:
        author = ["-c", "user.name=a", "-c", "user.email=a@invalid"]
        call = ["git", *author, *words]
        return subprocess.run(call, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()

    monkeypatch.setattr(stored_code, "ROOT", tmp_path)
    with stored_code.stored_code("HEAD") as folder:
        assert folder is None  # no repository
    git("init")
    (tmp_path / "bench.py").write_text("old")
    git("add", ".")
    git("commit", "--message", "old")
    commit = git("rev-parse", "HEAD")
    (tmp_path / "bench.py").write_text("new")
    with stored_code.stored_code(commit) as folder:
        assert folder and [(path.name, path.read_text()) for path in folder.rglob("*")] == [("bench.py", "old")]
    assert not folder.exists()
    for unknown in ("0" * 40, None):
        with stored_code.stored_code(unknown) as folder:
            assert folder is None


@pytest.mark.parametrize("name", ["features/registry.py", "models/registry.py", f"{HERE}/test_harness.py"])
def test_in_the_stored_tree_its_own_code_is_timed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # beside other tests pytest-benchmark would refuse
    with stored_code.stored_code("HEAD") as folder:
        assert folder
        (folder / name).write_text("raise RuntimeError")
        with pytest.raises(BenchError, match="do not run"):
            one_pass([f"{HERE}/test_harness.py"], folder)


def test_storing_what_is_not_committed_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(regress, "run_benchmarks", lambda *words: None)
    for dirty in (True, False, None):
        monkeypatch.setattr(regress, "describe", lambda dirty=dirty: {"git_dirty": dirty})
        assert regress.main(["--save", "--passes", "2", "--storage", str(tmp_path)]) == 0
        assert ("not all of this code is committed" in capsys.readouterr().err) is (dirty is not False)
