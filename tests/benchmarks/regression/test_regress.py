"""How ``make regress`` comes to its verdict, with passes that are made up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.regression import __main__ as regress
from benchmarks.regression.judge import Timed
from benchmarks.regression.storage import Passes
from benchmarks.regression.turns import TURNS, in_turns, name_and_turn

BEFORE = Passes("before", ({"a": Timed(1.0), "b": Timed(1.0, 0.9)},) * 15, "here", {"numpy": "2.0"})


class MadeUp:
    """Stands in for running benchmarks: each call gives the next ratio of ``a``, and keeps what was asked for."""

    def __init__(self, *ratios: float, machine: str = "here", accuracy: float = 0.9, numpy: str = "2.0") -> None:
        self.ratios = iter(ratios)
        self.machine, self.accuracy, self.numpy = machine, accuracy, numpy
        self.asked: list[list[str]] = []

    def __call__(self, which: Sequence[str]) -> Passes:
        self.asked.append(list(which))
        one = {"a": Timed(next(self.ratios)), "b": Timed(1.0, self.accuracy)}
        everything = which == [regress.HERE]
        chosen = {name: timed for name, timed in one.items() if everything or set(places(name)) <= set(which)}
        return Passes("now", (chosen,) * len(TURNS), self.machine, {"numpy": self.numpy})


def places(name: str) -> list[str]:
    return [f"{regress.HERE}/{name}[{turn}]" for turn in TURNS]


def said(made_up: MadeUp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    monkeypatch.setattr(regress, "one_pass", made_up)
    monkeypatch.setattr(regress, "last_stored", lambda storage, machine: BEFORE)
    return regress.main(["--storage", str(Path("unused"))]), capsys.readouterr().out


def test_what_is_unchanged_is_run_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    made_up = MadeUp(1.04)
    code, text = said(made_up, monkeypatch, capsys)
    assert code == 0 and "Nothing is worse in 2 benchmarks." in text and len(made_up.asked) == 1


def test_what_looked_slow_by_chance_is_repeated_alone_until_it_does_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made_up = MadeUp(1.6, 1.5, 1.0, 1.0, 1.0, 1.0)
    code, text = said(made_up, monkeypatch, capsys)
    assert code == 0 and "Nothing is worse" in text
    assert made_up.asked == [[regress.HERE], *[places("a")] * 4]


def test_what_is_slow_every_time_is_slower(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    made_up = MadeUp(*[1.3] * (1 + regress.CONFIRMATIONS))
    code, text = said(made_up, monkeypatch, capsys)
    assert code == 1 and "**`a` is slower.**" in text and len(made_up.asked) == 1 + regress.CONFIRMATIONS


def test_another_machine_and_other_versions_are_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = said(MadeUp(3.0, machine="there", numpy="2.1"), monkeypatch, capsys)
    assert code == 0 and "another kind of machine" in text and "numpy 2.0 → 2.1" in text
    code, text = said(MadeUp(*[3.0] * 9, machine="there", accuracy=0.8), monkeypatch, capsys)
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
