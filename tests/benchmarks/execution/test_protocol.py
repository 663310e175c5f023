from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.execution.protocol import (
    ANSWER,
    FEATURE_MAPS,
    PREDICTIONS,
    Answer,
    answer_digest,
    read_answer,
    write_answer,
)
from benchmarks.records.trial import Measurement, Predictions, Resources, Timing
from benchmarks.records.trial_file import DamagedFileError

MEASUREMENT = Measurement(Timing(fit_s=1.0), Resources(100.0), ({"epoch": 1, "loss": float("nan")},), 0.9, 5, 5)
PREDICTED = {
    "test": Predictions(np.arange(4), np.full((4, 4), 0.25, np.float32)),
    "shifted": Predictions(np.arange(4)[::-1].copy()),
}


def test_an_answer_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_answer(Answer("ok", "", MEASUREMENT, "no pickle", PREDICTED), tmp_path)
    answer = read_answer(tmp_path)
    assert answer and answer.not_saved == "no pickle"
    assert answer.measurement and answer.measurement.history == ({"epoch": 1, "loss": None},)
    assert list(answer.predictions) == ["test", "shifted"]
    assert (answer.predictions["shifted"].labels == [3, 2, 1, 0]).all()
    assert answer.predictions["test"].probabilities is not None and answer.predictions["shifted"].probabilities is None


def test_there_may_be_no_answer(tmp_path: Path) -> None:
    assert read_answer(tmp_path) is None


@pytest.mark.parametrize("name", [ANSWER, PREDICTIONS])
@pytest.mark.parametrize("content", [b"", b"{}", b'{"status": "fine"}', b"\x00\xff", b"[" * 100_000])
def test_an_answer_that_is_damaged_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    write_answer(Answer("ok", "", MEASUREMENT, predictions=PREDICTED), tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DamagedFileError):
        read_answer(tmp_path)


def test_a_failed_answer_needs_no_predictions(tmp_path: Path) -> None:
    write_answer(Answer("failed", "why", MEASUREMENT, predictions=PREDICTED), tmp_path)
    (tmp_path / PREDICTIONS).unlink()
    assert read_answer(tmp_path) == Answer("failed", "why")


def test_an_answer_is_known_by_its_hash(tmp_path: Path) -> None:
    write_answer(Answer("ok", "", MEASUREMENT, predictions=PREDICTED), tmp_path)
    before = answer_digest(tmp_path)
    assert answer_digest(tmp_path) == before
    for name in (ANSWER, PREDICTIONS):
        content = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(content + b" ")
        assert answer_digest(tmp_path) != before
        (tmp_path / name).write_bytes(content)
    (tmp_path / FEATURE_MAPS).touch()
    assert answer_digest(tmp_path) != before
