"""A trial's result as a JSON file, and back: schema 3. Older schemas are migrated when they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import msgspec

from benchmarks.common.atomic_files import as_json
from benchmarks.records.trial import TEST, TrialResult

SCHEMA = 3


class DamagedFileError(ValueError):
    """A stored file is not what the suite writes; the message says where it differs."""


def encode_result(result: TrialResult) -> bytes:
    """Return the content of a trial's JSON file; NaN and infinity, which JSON lacks, become null."""
    return as_json({"schema": SCHEMA, "key": result.trial.key, **asdict(result)})


def decode_result(content: bytes) -> TrialResult:
    """Return the result that ``encode_result`` wrote, with this or an older schema; raises ``DamagedFileError``."""
    try:
        fields = msgspec.json.decode(content, type=dict[str, Any])
        result = msgspec.convert(_migrated(fields), TrialResult)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:  # a ValidationError is a DecodeError
        raise DamagedFileError(str(error)) from error
    if result.trial.key != fields.get("key"):
        raise DamagedFileError(f"its key is {fields.get('key')!r}, and its trial's is {result.trial.key!r}")
    if result.ok and result.scores is None:
        raise DamagedFileError("it is ok and has no scores on the test set")
    return result


def _migrated(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields as this schema has them."""
    schema = fields.get("schema")
    if schema not in (*MIGRATIONS, SCHEMA):
        raise DamagedFileError(f"its schema is {schema!r}, and this version reads up to {SCHEMA}")
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
