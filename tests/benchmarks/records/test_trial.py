from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.records.trial import LONGEST_KEY, Inputs, Trial, safe_name


def test_a_key_reads_as_what_is_run() -> None:
    trial = Trial("svm-rbf", "hog", "mnist", 3, 1000, {"gamma": 0.02, "C": 1.0})
    assert trial.label == "svm-rbf[C=1.0,gamma=0.02]"
    assert trial.key == "svm-rbf[C=1.0,gamma=0.02]@hog-s3-n1000"
    assert Trial("knn", "pixels", "digits").key == "knn@pixels-s0"


@given(st.text(), st.text())
def test_safe_names_are_file_names_and_stay_apart(first: str, second: str) -> None:
    for text in (first, second):
        name = safe_name(text)
        assert Path(name).name == name or name in ("", ".", "..")
        assert len(name) <= LONGEST_KEY + 9 and name.isascii()
    assert (safe_name(first) == safe_name(second)) == (first == second)


NAMES = ("code", "data", "versions", "machine")


@given(st.lists(st.sampled_from(NAMES), unique=True))
def test_changed_inputs_are_named(changed: list[str]) -> None:
    stored = Inputs("c", "d", "v", "m")
    now = replace(stored, **{name: f"other {name}" for name in changed})  # type: ignore[arg-type]
    assert now.changed_since(stored) == [name for name in NAMES if name in changed]


def test_a_further_evaluation_set_counts_only_where_it_is_asked_for() -> None:
    plain, shifted = Inputs("c", "d", "v", "m"), Inputs("c", "d", "v", "m", evaluation={"shifted": "e"})
    assert plain.changed_since(shifted) == []
    assert shifted.changed_since(plain) == [] and shifted.sets_beyond(plain) == ["shifted"]
    assert plain.sets_beyond(shifted) == []
    assert replace(shifted, evaluation={"shifted": "f"}).changed_since(shifted) == ["the evaluation set shifted"]
