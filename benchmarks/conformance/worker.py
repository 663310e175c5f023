"""``python -m benchmarks.conformance.worker REQUEST``: the checks of one subject, in a subprocess.

Writes a line when it is ready and one JSON line per result to standard output. Output of the subject itself is
redirected to standard error.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks.catalog.catalog import Catalog, load_catalog
from benchmarks.catalog.spec_validation import Spec
from benchmarks.conformance.checks import Check, CheckResult
from benchmarks.conformance.datasets import DATASET_CHECKS, DatasetCase
from benchmarks.conformance.features import FEATURE_CHECKS, FeatureCase
from benchmarks.conformance.models import MODEL_CHECKS, ModelCase
from benchmarks.conformance.tiny import DEFAULT_SHAPE, digits
from benchmarks.datasets.spec import DataPlaces
from models.spec import Setting, Unavailable

Case = ModelCase | FeatureCase | DatasetCase
Kind = Literal["model", "features", "dataset"]
CHECKS: dict[Kind, tuple[Check[Any], ...]] = {
    "model": MODEL_CHECKS,
    "features": FEATURE_CHECKS,
    "dataset": DATASET_CHECKS,
}
READY, UNAVAILABLE = "ready", "unavailable"


@dataclass(frozen=True)
class CheckRequest:
    """What to check. ``places`` are the folders searched for data; the last one is for downloads."""

    kind: Kind
    name: str
    plugins: tuple[str, ...]
    places: tuple[str, ...]
    settings: Mapping[str, Setting]
    start: int = 0

    @property
    def checks(self) -> tuple[Check[Any], ...]:
        return CHECKS[self.kind]

    def spec_in(self, catalog: Catalog) -> Spec:
        if self.kind == "model":
            return catalog.models[self.name]
        return catalog.features[self.name] if self.kind == "features" else catalog.datasets[self.name]


def results(request: CheckRequest, case: Case) -> Iterator[CheckResult]:
    """Yield the result of each check from ``request.start`` on; raises ``Unavailable``."""
    for check in request.checks[request.start :]:
        yield check.run(case)


def _case(request: CheckRequest, catalog: Catalog) -> Case:
    if request.kind == "model":
        return ModelCase(catalog.models[request.name], catalog, request.settings)
    if request.kind == "features":
        return FeatureCase(catalog.features[request.name], catalog)
    *folders, downloads = map(Path, request.places)
    return DatasetCase(catalog.datasets[request.name], catalog, DataPlaces(tuple(folders), downloads))


def main(arguments: str) -> None:
    """Write each result as soon as it is known."""
    faulthandler.enable()
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    request = CheckRequest(**json.loads(arguments))
    case = _case(request, load_catalog([Path(path) for path in request.plugins], refuse_faults=False))
    digits(DEFAULT_SHAPE)
    stream.write(READY + "\n")
    try:
        for result in results(request, case):
            stream.write(json.dumps(asdict(result)) + "\n")
    except Unavailable as missing:
        stream.write(json.dumps({UNAVAILABLE: str(missing)}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
