"""A trial's result as a JSON file, and back: schema 3. Older schemas are migrated when they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

import msgspec

from benchmarks.common.atomic_files import as_json
from benchmarks.common.errors import one_line
from benchmarks.datasets.spec import SIDE
from benchmarks.records.checks.fields import fault_of_fields
from benchmarks.records.checks.of_trial import fault_of_trial
from benchmarks.records.trial import TEST, TrialResult

SCHEMA = 3
TUNED = "trial.tuned"  # in the files of tuned rows alone
# not in files of before they were stored, whose trials had neither
LATER = ("environment.network", "timing.shared_imports_s")


class DamagedFileError(ValueError):
    """A stored file is not what the suite writes; the message says where it differs."""


def encode_result(result: TrialResult) -> bytes:
    """Return the content of a trial's JSON file; NaN and infinity, which JSON lacks, become null."""
    fields = asdict(result)
    if not result.trial.tuned:
        del fields["trial"]["tuned"]
    return as_json({"schema": SCHEMA, "key": result.trial.key, **fields})


def decode_result(content: bytes) -> TrialResult:
    """Return the result that ``encode_result`` wrote, with this or an older schema; raises ``DamagedFileError``."""
    try:
        fields = _migrated(msgspec.json.decode(content, type=dict[str, Any]))
        result = msgspec.convert(fields, TrialResult)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:  # a ValidationError is a DecodeError
        raise DamagedFileError(one_line(str(error))) from error
    key = fields.pop("key", None)
    if key != result.trial.key:
        raise DamagedFileError(f"its key is {str(key)!r:.200}, and its trial's is {result.trial.key!r}")
    if fault := fault_of_fields(fields, result, (TUNED, *LATER)) or fault_of_trial(result):
        raise DamagedFileError(fault)
    return replace(result, reason=one_line(result.reason))


def _migrated(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields as this schema has them, without its number."""
    schema = fields.pop("schema", None)
    if type(schema) is not int or schema not in (*MIGRATIONS, SCHEMA):
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
    """Schema 2 had one name for the other files of a trial, and not from its beginning all that there is."""
    later: dict[str, Any] = {"family": "", "image_shape": [SIDE, SIDE]}
    inside: dict[str, dict[str, Any]] = {"inputs": {"evaluation": {}}, "resources": {"parameters": None}}
    parts = {name: {**new, **fields[name]} for name, new in inside.items() if isinstance(fields.get(name), dict)}
    return {**later, **fields, **parts, "slot": 0}


MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _from_schema_1, 2: _from_schema_2}
