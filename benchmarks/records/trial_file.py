"""A trial's result as a JSON file, and back: schema 3. Older schemas are migrated when they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

import msgspec

from benchmarks.common.atomic_files import as_json
from benchmarks.common.errors import one_line
from benchmarks.records.consistency import fault_of_scores
from benchmarks.records.trial import TEST, TrialResult

SCHEMA = 3


class DamagedFileError(ValueError):
    """A stored file is not what the suite writes; the message says where it differs."""


def encode_result(result: TrialResult) -> bytes:
    """Return the content of a trial's JSON file; NaN and infinity, which JSON lacks, become null."""
    fields = asdict(result)
    if not result.trial.tuned:  # the name of a study is in the files of tuned rows alone
        del fields["trial"]["tuned"]
    return as_json({"schema": SCHEMA, "key": result.trial.key, **fields})


def decode_result(content: bytes) -> TrialResult:
    """Return the result that ``encode_result`` wrote, with this or an older schema; raises ``DamagedFileError``."""
    try:
        fields = msgspec.json.decode(content, type=dict[str, Any])
        result = msgspec.convert(_migrated(fields), TrialResult)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:  # a ValidationError is a DecodeError
        raise DamagedFileError(one_line(str(error))) from error
    if result.trial.key != fields.get("key"):
        raise DamagedFileError(f"its key is {str(fields.get('key'))!r:.200}, and its trial's is {result.trial.key!r}")
    if fault := _contradiction(result):
        raise DamagedFileError(fault)
    return replace(result, reason=one_line(result.reason))


def _contradiction(result: TrialResult) -> str:
    """Return where a record contradicts itself; empty if it does not."""
    if result.ok != (result.scores is not None):
        return "it is ok and has no scores on the test set" if result.ok else f"it is {result.status} and has scores"
    if result.ok and result.trial.train_size not in (None, result.n_train):
        return f"its trial is on {result.trial.train_size} training images, and it was trained on {result.n_train}"
    return next((fault for scores in result.evaluation.values() if (fault := fault_of_scores(scores))), "")


def _migrated(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields as this schema has them."""
    schema = fields.get("schema")
    if schema not in (*MIGRATIONS, SCHEMA):
        raise DamagedFileError(f"its schema is {str(schema)!r:.200}, and this version reads up to {SCHEMA}")
    while schema != SCHEMA:
        fields = MIGRATIONS[schema](fields)
        schema += 1
    return fields


def _from_schema_1(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Schema 1 had the scores on the test set alone."""
    scores = fields.get("scores")
    rest = {name: value for name, value in fields.items() if name != "scores"}
    return {**rest, "evaluation": {} if scores is None else {TEST: scores}}


def _from_schema_2(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Schema 2 had one name for the other files of a trial."""
    return {**fields, "slot": 0}


MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _from_schema_1, 2: _from_schema_2}
