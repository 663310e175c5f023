from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.records.trial import LONGEST_KEY, Inputs, Trial, safe_name
from benchmarks.records.trial_file import from_record, to_record
from tests.conftest import a_result


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


def test_a_result_survives_its_record() -> None:
    for result in (a_result(), a_result(status="timeout"), a_result(train_size=50, seed=2)):
        assert from_record(json.loads(json.dumps(to_record(result)))) == result


def test_a_record_of_another_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="schema 2"):
        from_record({**to_record(a_result()), "schema": 2})


@given(st.lists(st.sampled_from(["code", "data", "versions", "machine"]), unique=True))
def test_changed_inputs_are_named(changed: list[str]) -> None:
    stored = Inputs("c", "d", "v", "m")
    now = Inputs(**{name: "x" if name in changed else value for name, value in vars(stored).items()})
    assert set(now.changed_since(stored)) == set(changed)
