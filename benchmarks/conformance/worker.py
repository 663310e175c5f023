"""``python -m benchmarks.conformance.worker FOLDER``: the checks of one subject, in a process of its own.

Reads the request in FOLDER and writes a line there when it is ready, and one for each result. Output of the subject
itself goes to the log.
"""

from __future__ import annotations

import faulthandler
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from benchmarks.catalog.catalog import Catalog, load_catalog
from benchmarks.catalog.spec_validation import Spec
from benchmarks.catalog.weight_files import use_weights
from benchmarks.common.own_requests import decode_request
from benchmarks.conformance.checks import Check, CheckResult
from benchmarks.conformance.datasets import DATASET_CHECKS, DatasetCase
from benchmarks.conformance.features import FEATURE_CHECKS, FeatureCase
from benchmarks.conformance.models import MODEL_CHECKS, ModelCase
from benchmarks.conformance.tiny import DEFAULT_SHAPE, digits
from benchmarks.datasets.spec import DataPlaces
from benchmarks.execution.processes.fence import Rules, enter
from benchmarks.execution.worker.ending import end_now
from models.spec import Setting, Unavailable

Case = ModelCase | FeatureCase | DatasetCase
Kind = Literal["model", "features", "dataset"]
CHECKS: dict[Kind, tuple[Check[Any], ...]] = {
    "model": MODEL_CHECKS,
    "features": FEATURE_CHECKS,
    "dataset": DATASET_CHECKS,
}
REQUEST, RESULTS = "request.json", "results.jsonl"


@dataclass(frozen=True)
class CheckRequest:
    """What to check. ``places`` are the folders searched for data; the last one is for downloads.

    ``fence``: what the process of the checks may read and write.
    """

    kind: Kind
    name: str
    plugins: tuple[str, ...]
    weights: Mapping[str, str]
    places: tuple[str, ...]
    settings: Mapping[str, Setting]
    start: int = 0
    fence: Rules = field(default_factory=Rules)

    @property
    def checks(self) -> tuple[Check[Any], ...]:
        return CHECKS[self.kind]

    def spec_in(self, catalog: Catalog) -> Spec:
        if self.kind == "model":
            return catalog.models[self.name]
        return catalog.features[self.name] if self.kind == "features" else catalog.datasets[self.name]


def results(request: CheckRequest, case: Case) -> Iterator[CheckResult]:
    """Yield the result of each check from ``request.start`` on, up to an essential one that fails.

    Raises ``Unavailable``.
    """
    for check in request.checks[request.start :]:
        result = check.run(case)
        yield result
        if result.status == "failed" and check.essential:
            return


def _case(request: CheckRequest, catalog: Catalog) -> Case:
    if request.kind == "model":
        return ModelCase(catalog.models[request.name], catalog, request.settings)
    if request.kind == "features":
        return FeatureCase(catalog.features[request.name], catalog)
    *folders, downloads = map(Path, request.places)
    return DatasetCase(catalog.datasets[request.name], catalog, DataPlaces(tuple(folders), downloads))


@dataclass(frozen=True)
class Line:
    """One line of the results: that the process is ready, a result, or why the subject is not available."""

    result: CheckResult | None = None
    unavailable: str = ""


def main(folder: Path) -> None:
    """Write each result as soon as it is known."""
    faulthandler.enable()
    own_pid = os.getpid()
    request = decode_request((folder / REQUEST).read_bytes(), CheckRequest)
    enter(folder, request.fence, [Path(path).parent for path in request.plugins])
    with (folder / RESULTS).open("ab", buffering=0) as file:

        def write(line: Line) -> None:
            if os.getpid() != own_pid:  # a model may have forked, and its child come back to here
                os._exit(0)
            file.write(msgspec.json.encode(line) + b"\n")

        catalog = load_catalog([Path(path) for path in request.plugins], refuse_faults=False)
        use_weights(catalog, request.weights)
        case = _case(request, catalog)
        digits(DEFAULT_SHAPE)
        write(Line())
        try:
            for result in results(request, case):
                write(Line(result))
        except Unavailable as missing:
            write(Line(unavailable=str(missing)))
    end_now()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
