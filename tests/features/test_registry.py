"""The checks of every feature pipeline of the registry."""

from __future__ import annotations

from functools import cache

import pytest

from benchmarks.catalog.catalog import load_catalog
from benchmarks.common.dependencies import missing_modules
from benchmarks.conformance.checks import Check
from benchmarks.conformance.features import FEATURE_CHECKS, FeatureCase
from features.registry import FEATURES
from models.spec import Unavailable

CHECKS = [pytest.param(check, id=check.name) for check in FEATURE_CHECKS]


@cache
def case_of(name: str) -> FeatureCase:
    if missing := missing_modules(FEATURES[name].requires):
        pytest.skip(f"needs {missing}")
    return FeatureCase(FEATURES[name], load_catalog())


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name == "resnet50-random" else name for name in FEATURES]
)
def test_every_pipeline_passes_every_check(name: str, check: Check[FeatureCase]) -> None:
    try:
        result = check.run(case_of(name))
    except Unavailable as missing:
        pytest.skip(str(missing))
    assert result.status == "passed", result.message
