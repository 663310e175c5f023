"""An executor that runs nothing, and random images for it: trials take no time and end as a test says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.datasets.spec import Images, Split
from benchmarks.execution.executor import Ending
from benchmarks.execution.processes.supervisor import Limits
from benchmarks.execution.protocol import SAVED_MODEL, Request
from benchmarks.execution.stages.channel import Stage


@dataclass
class FakeExecutor:
    """Tells the stages of a trial until it is stopped, and ends it. ``requests``: what it was asked to run."""

    scratch: Path
    ending_of: Callable[[Request], Ending]
    stages_of: Callable[[Request], Iterable[Stage]] = lambda request: [Stage("fit")]
    requests: list[Request] = field(default_factory=list)

    def execute(
        self,
        request: Request,
        limits: Limits,
        outputs: Path,
        stop: threading.Event,
        on_stage: Callable[[Stage], None],
    ) -> Ending:
        self.requests.append(request)
        for stage in self.stages_of(request):
            on_stage(stage)
            if stop.is_set():
                return Ending("interrupted", "the run was interrupted", 1.0, 100.0)
        if request.save_model:
            (outputs / SAVED_MODEL).mkdir()
        return self.ending_of(request)


def random_images(n_train: int, n_validation: int, n_test: int) -> Images:
    """Return random images of four classes, the same ones each time."""
    generator = np.random.default_rng(0)

    def split(n: int) -> Split:
        return Split(generator.integers(0, 256, (n, 28, 28)).astype(np.uint8), np.arange(n) % 4)

    return Images(split(n_train), split(n_validation), split(n_test), tuple("abcd"))
