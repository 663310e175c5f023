"""A trial's result as plain JSON values, and back: schema 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from benchmarks.common.atomic_files import finite
from benchmarks.records.trial import (
    SCHEMA,
    ClassScores,
    Inputs,
    Latency,
    Measurement,
    Resources,
    Scores,
    Timing,
    Trial,
    TrialResult,
)


def to_record(result: TrialResult) -> dict[str, Any]:
    """Return the values that a trial's JSON file holds; NaN and infinity, which JSON lacks, become null."""
    fields: dict[str, Any] = finite(asdict(result))
    return {"schema": SCHEMA, "key": result.trial.key, **fields}


def from_record(record: Mapping[str, Any]) -> TrialResult:
    """Return the result that ``to_record`` wrote; raises ValueError, KeyError or TypeError for anything else."""
    if record["schema"] != SCHEMA:
        raise ValueError(f"schema {record['schema']} is not {SCHEMA}")
    fields = {name: value for name, value in record.items() if name not in ("schema", "key")}
    return TrialResult(
        **{
            **fields,
            "trial": trial_from(fields["trial"]),
            "inputs": Inputs(**fields["inputs"]),
            "scores": _scores(fields["scores"]),
            "timing": _timing(fields["timing"]),
            "resources": Resources(**fields["resources"]),
            "history": tuple(fields["history"]),
        }
    )


def trial_from(fields: Mapping[str, Any]) -> Trial:
    """Return the trial with these fields."""
    return Trial(**fields)


def measurement_from(fields: Mapping[str, Any]) -> Measurement:
    """Return the measurement with these fields, those within them put together again."""
    return Measurement(
        **{
            **fields,
            "timing": _timing(fields["timing"]),
            "resources": Resources(**fields["resources"]),
            "history": tuple(fields["history"]),
        }
    )


def _timing(fields: Mapping[str, Any]) -> Timing:
    latency = fields["latency_ms"] and Latency(**fields["latency_ms"])
    return Timing(**{**fields, "predict_s": tuple(fields["predict_s"]), "latency_ms": latency})


def _scores(fields: Mapping[str, Any] | None) -> Scores | None:
    if fields is None:
        return None
    return Scores(
        **{
            **fields,
            "confusion": tuple(map(tuple, fields["confusion"])),
            "per_class": tuple(ClassScores(**scores) for scores in fields["per_class"]),
        }
    )
