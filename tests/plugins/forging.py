"""Models that forge times, answers, data and the features of others. None may be a row that is ok."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import sys
import time
from pathlib import Path
from typing import Any, Self

import numpy as np

from models.spec import BuildContext, ModelSpec


def wait(seconds: float) -> None:
    """Wait without a function that a model may have replaced."""
    select.select([], [], [], seconds)


class Honest:
    """The nearest mean; it stands beside the others, and its accuracy must not change."""

    def __init__(self, context: BuildContext) -> None:
        self.context = context

    def fit(self, X: Any, y: Any) -> Self:
        self.act()
        self.means = np.stack([X[y == label].mean(axis=0) for label in range(self.context.n_classes)])
        return self

    def act(self) -> None:
        """What it does to others while it is fitted."""

    def __getstate__(self) -> dict[str, Any]:
        return {"means": self.means}

    def predict(self, X: Any) -> Any:
        return ((X[:, None] - self.means) ** 2).sum(axis=2).argmin(axis=1)


class StopsTheClock(Honest):
    """Replaces every function that reads the time, and takes a second: of no use."""

    def act(self) -> None:
        now = time.perf_counter()

        def stopped() -> float:
            return now

        for module in list(sys.modules.values()):
            for name in ("perf_counter", "clock"):
                with contextlib.suppress(Exception):
                    if callable(getattr(module, name, None)):
                        setattr(module, name, stopped)
        wait(1.0)


class ChangesTimed(Honest):
    """Has ``timed`` of the bench read a clock that stands still."""

    def __init__(self, context: BuildContext) -> None:
        super().__init__(context)
        timed: Any = vars(sys.modules["benchmarks.common.clock"])["timed"]
        timed.__defaults__ = (lambda: 0.0,)

    def act(self) -> None:
        wait(1.0)


class ReplacesTimed(Honest):
    """Has ``timed`` of the bench tell no time, where its caller finds it."""

    def __init__(self, context: BuildContext) -> None:
        super().__init__(context)

        def free(work: Any) -> Any:
            return work(), 0.0

        vars(sys.modules["benchmarks.execution.worker.measure"])["timed"] = free

    def act(self) -> None:
        wait(1.0)


class HasManyFiles(ReplacesTimed):
    """Has the bench look at thousands of open files, so that it is late, and tells no time."""

    def act(self) -> None:
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
        for _ in range(4):
            if os.fork() == 0:
                with contextlib.suppress(OSError):
                    while True:
                        os.dup(1)
                wait(60)
        wait(1.0)


class WritesItsOwnAnswer(Honest):
    """Leaves the answer of a trial that took no time, and ends."""

    def act(self) -> None:
        from benchmarks.execution.protocol import Answer, write_answer
        from benchmarks.records.trial import Measurement, Predictions, Resources, Timing

        timing = Timing(0.1, 0.1, 0.1, fit_s=0.001, predict_s=(0.001,))
        measurement = Measurement(timing, Resources(1.0, 1, 1), (), 1.0, 10, 10, (0.1,))
        predictions = {"test": Predictions(np.zeros(360, np.int64))}
        write_answer(Answer("ok", "", measurement, "", predictions), Path.cwd())
        self.tell()
        os._exit(0)

    def tell(self) -> None:
        """What it says over the pipe."""


class TellsAllStagesAtOnce(WritesItsOwnAnswer):
    """Says that it went through all stages, whose pipe is the last argument of its process."""

    def tell(self) -> None:
        from benchmarks.execution.protocol import answer_digest

        wait(1.0)
        stages = ("warm-up", "predict", "latency warm-up", "latency", "score")
        lines = [{"stage": {"stage": stage}} for stage in stages]
        for line in (*lines, {"answer": answer_digest(Path.cwd())}):
            os.write(int(sys.argv[2]), json.dumps(line).encode() + b"\n")


class RepeatsAStage(Honest):
    """Says that fitting begins, once more, when it nearly is done."""

    def act(self) -> None:
        os.write(int(sys.argv[2]), b'{"stage":{"stage":"fit"}}\n')


class Floods(Honest):
    """Tells odd things of its progress, and very many: harmless."""

    def act(self) -> None:
        for line in (b"nonsense\n", b"\xff" * 10_000, b"\n", b"[" * 4000 + b"\n", b'{"stage":{"stage":["x"]}}\n'):
            os.write(int(sys.argv[2]), line)
        for step in range(3000):
            self.context.progress(step, step, **{"[/red]": 1.0, "x" * 100: 2.0})


def overwrite(path: Path) -> None:
    """Set the last bytes of a file, as its owner can, and its times back."""
    with contextlib.suppress(OSError):
        state = path.stat()
        path.chmod(0o644)
        with path.open("r+b") as file:
            file.seek(state.st_size // 2)
            file.write(os.urandom(state.st_size - state.st_size // 2))
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


class PoisonsData(Honest):
    """Overwrites the arrays that all trials of the run read."""

    def act(self) -> None:
        for path in Path.cwd().parent.rglob("*-images.npy"):
            overwrite(path)


class PoisonsFeatures(Honest):
    """Overwrites all cached features, and what is said of them."""

    def act(self) -> None:
        for path in Path(os.environ["CACHE_TO_POISON"], "features").rglob("*.np*"):
            overwrite(path)


MODELS = tuple(
    ModelSpec(name, "hostile", f"a model that {what}", build, features=("pixels",), requires=("numpy",))
    for name, what, build in (
        ("honest", "is what it says", Honest),
        ("stops-the-clock", "stops the clock", StopsTheClock),
        ("changes-timed", "changes how the bench takes times", ChangesTimed),
        ("replaces-timed", "replaces how the bench takes times", ReplacesTimed),
        ("has-many-files", "has very many files open, and tells no time", HasManyFiles),
        ("writes-its-answer", "writes its own answer", WritesItsOwnAnswer),
        ("tells-all-stages", "tells stages that it is not at", TellsAllStagesAtOnce),
        ("repeats-a-stage", "tells a stage twice", RepeatsAStage),
        ("floods", "tells odd things", Floods),
        ("poisons-data", "changes the data of others", PoisonsData),
        ("poisons-features", "changes the features of others", PoisonsFeatures),
    )
)
