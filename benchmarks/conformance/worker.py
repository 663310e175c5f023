"""``python -m benchmarks.conformance.worker ORDER``: the checks of one subject, in a process of its own.

Writes a line when it is ready, and one JSON line a verdict, to standard output. What the subject itself prints goes
to standard error.
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
from benchmarks.conformance.checks import Check, Verdict
from benchmarks.conformance.datasets import DATASET_CHECKS, DatasetCase
from benchmarks.conformance.features import FEATURE_CHECKS, FeatureCase
from benchmarks.conformance.models import MODEL_CHECKS, ModelCase
from benchmarks.conformance.tiny import USUAL, digits
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
class Order:
    """What is to be checked. ``places`` are the folders that data lies in, the last that for downloads."""

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


def verdicts(order: Order, case: Case) -> Iterator[Verdict]:
    """Yield the verdict of each check from ``order.start`` on; raises ``Unavailable``."""
    for check in order.checks[order.start :]:
        yield check.of(case)


def _case(order: Order, catalog: Catalog) -> Case:
    if order.kind == "model":
        return ModelCase(catalog.models[order.name], catalog, order.settings)
    if order.kind == "features":
        return FeatureCase(catalog.features[order.name], catalog)
    *folders, downloads = map(Path, order.places)
    return DatasetCase(catalog.datasets[order.name], catalog, DataPlaces(tuple(folders), downloads))


def main(words: str) -> None:
    """Write every verdict as it is found."""
    faulthandler.enable()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    order = Order(**json.loads(words))
    case = _case(order, load_catalog([Path(path) for path in order.plugins], refuse_faults=False))
    digits(USUAL)
    answers.write(READY + "\n")
    try:
        for verdict in verdicts(order, case):
            answers.write(json.dumps(asdict(verdict)) + "\n")
    except Unavailable as missing:
        answers.write(json.dumps({UNAVAILABLE: str(missing)}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
