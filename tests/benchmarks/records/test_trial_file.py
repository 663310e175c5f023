from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.records.trial_file import SCHEMA, DamagedFileError, decode_result, encode_result
from tests.conftest import ROOT, a_result

STORED = [
    *sorted((ROOT / "results" / "reference" / "mnist" / "trials").glob("*.json")),
    *sorted((Path(__file__).parent / "schema_1").glob("*.json")),
]


def test_a_result_survives_its_file() -> None:
    tuned = replace(a_result(), trial=replace(a_result().trial, params={"k": 4}, tuned="mine"))
    for result in (a_result(), a_result(status="timeout"), a_result(train_size=50, seed=2), tuned):
        assert decode_result(encode_result(result)) == result


@pytest.mark.parametrize(("part", "name"), [("environment", "network"), ("timing", "shared_imports_s")])
def test_a_result_of_before_a_field_was_stored_had_none(part: str, name: str) -> None:
    assert decode_result(changed(lambda fields: fields[part].pop(name))) == a_result()


def test_what_json_cannot_hold_becomes_null() -> None:
    result = replace(a_result(), history=({"epoch": 1.0, "loss": float("nan"), "accuracy": float("inf")},))
    assert decode_result(encode_result(result)).history == ({"epoch": 1.0, "loss": None, "accuracy": None},)


def test_text_that_is_not_utf8_is_stored() -> None:
    stored = decode_result(encode_result(replace(a_result(status="failed"), reason="no file a\udcffb")))
    assert stored.reason == "no file a?b"


def changed(change: Callable[[dict[str, Any]], None]) -> bytes:
    fields = json.loads(encode_result(a_result()))
    change(fields)
    return json.dumps(fields).encode()


DAMAGES: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "text for a number": (lambda f: f["evaluation"]["test"].update(accuracy="abc"), "Expected `float`, got `str`"),
    "a share above one": (lambda f: f["evaluation"]["test"].update(accuracy=7.5), "`float` <= 1"),
    "negative time": (lambda f: f["timing"].update(fit_s=-1), "`float` >= 0"),
    "a list for text": (lambda f: f.update(reason=["x"]), "Expected `str`, got `array` - at `$.reason`"),
    "null for a mapping": (lambda f: f.update(timing=None), "Expected `object`, got `null` - at `$.timing`"),
    "no scores": (lambda f: f.update(evaluation={}), "no scores on the test set"),
    "a status of its own": (lambda f: f.update(status="fine"), "Invalid enum value"),
    "a missing part": (lambda f: f.pop("inputs"), "missing required field `inputs`"),
    "a key of another trial": (lambda f: f.update(key="svm@hog-s0"), "its key is 'svm@hog-s0'"),
    "a later schema": (lambda f: f.update(schema=SCHEMA + 1), f"reads up to {SCHEMA}"),
    "no schema": (lambda f: f.pop("schema"), "its schema is 'None'"),
    "a schema that is no number": (lambda f: f.update(schema=[1]), "its schema is"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_named(damage: str) -> None:
    change, message = DAMAGES[damage]
    with pytest.raises(DamagedFileError) as error:
        decode_result(changed(change))
    assert message in str(error.value)


@pytest.mark.parametrize("path", STORED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_stored_trials_of_every_schema_are_migrated_when_they_are_read(path: Path) -> None:
    stored = json.loads(path.read_text())
    result = decode_result(path.read_bytes())
    again = json.loads(encode_result(result))
    assert again.pop("schema") == SCHEMA
    schema = stored.pop("schema")
    assert again.pop("slot") == stored.pop("slot", 0)
    assert again["environment"].pop("network") is stored["environment"].pop("network", False)
    assert again["timing"].pop("shared_imports_s") == stored["timing"].pop("shared_imports_s", None)
    if schema == 1:
        scores = stored.pop("scores")
        stored["evaluation"] = {} if scores is None else {"test": scores}
        stored["inputs"]["evaluation"] = {}
    for part in ("environment", "resources"):  # in which there are fields that schema 2 did not have from its beginning
        assert again.pop(part).items() >= stored.pop(part).items()
    assert again.items() >= stored.items()
