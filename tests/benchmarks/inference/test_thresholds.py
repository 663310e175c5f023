"""Which rows of a run get a threshold, and what is said of the others."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from benchmarks.common.errors import BenchError
from benchmarks.inference.saved_model import saved_rows
from benchmarks.inference.thresholds import thresholds_of
from tests.cli_helpers import copied_dataset
from tests.many_rows import store_many_rows

RUN = "--models model-1@pixels --dataset digits-validation --run local --plugin /mine.py"


def test_a_row_that_was_not_run_on_the_validation_split_keeps_no_other_from_its_threshold(tmp_path: Path) -> None:
    store = store_many_rows(tmp_path, 2, 60)
    for row, plugins in (("model-0", []), ("model-1", ["/mine.py"])):
        folder = store.folder / "models" / f"{row}@pixels-s0"
        folder.mkdir(parents=True)
        (folder / "about.json").write_text(json.dumps({"plugins": plugins}))
    copied_dataset(store.folder, "digits-validation")
    validation = tmp_path / "local" / "digits-validation"
    (validation / "trials" / "model-1@pixels-s0.json").unlink()

    found = thresholds_of(saved_rows(tmp_path, "local", "digits"), 0.2)
    assert set(found.of_row) == {"model-0@pixels"} and found.probability("model-1@pixels") is None
    *_, named, command = found.lines
    assert named == "model-1@pixels: was not run on the validation split, and so always answers"
    assert command == f"for its threshold run: python bench.py {RUN}"

    shutil.rmtree(validation)
    with pytest.raises(BenchError, match="needs predictions of the validation split by model-0@pixels"):
        thresholds_of(saved_rows(tmp_path, "local", "digits"), 0.2)
