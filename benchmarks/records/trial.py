"""The values that flow through the bench, from the trial that is planned to its result.

The types and their ranges are checked when a stored file is read (``trial_file``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Literal

from benchmarks.datasets.ranges import NImages, Pixels
from benchmarks.datasets.spec import SIDE
from benchmarks.records.checks.ranges import (
    R2,
    Brier,
    Commit,
    Cores,
    Count,
    Digest,
    DigestOrNothing,
    Gigabytes,
    Line,
    LogLoss,
    Megabytes,
    Milliseconds,
    Moment,
    Seconds,
    Share,
    Threads,
    TrainSize,
)
from models.spec import Setting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_KEY = 160  # file systems allow 255 bytes; this leaves room for suffixes

Status = Literal["ok", "skipped", "failed", "timeout", "out-of-memory", "interrupted"]

TUNED = "tuned"  # what stands in brackets before the name of a study
TEST = "test"  # the evaluation set that decides the leaderboard


@dataclass(frozen=True)
class Trial:
    """One model, on one pipeline, on one dataset, with one seed.

    ``train_size`` is the number of training images (validation included), None for all.
    ``params`` holds the settings that differ from the model's defaults. ``tuned`` names the study that found them.
    """

    model: str
    features: str
    dataset: str
    seed: Count = 0
    train_size: TrainSize | None = None
    params: Mapping[str, Setting] = field(default_factory=dict)
    tuned: str = ""

    @property
    def label(self) -> str:
        """The model with its settings: ``svm-rbf[C=1,gamma=0.02]``, or with the study that found them."""
        if self.tuned:
            return f"{self.model}[{TUNED}={self.tuned}]"
        settings = ",".join(f"{name}={value}" for name, value in sorted(self.params.items()))
        return f"{self.model}[{settings}]" if settings else self.model

    @property
    def key(self) -> str:
        """A readable name, the same in every run and safe as a file name."""
        size = "" if self.train_size is None else f"-n{self.train_size}"
        return safe_name(f"{self.label}@{self.features}-s{self.seed}{size}")


def safe_name(text: str) -> str:
    """Replace what file names cannot hold; a short hash keeps changed names apart."""
    safe = re.sub(r"[^A-Za-z0-9_.,=@+\[\]-]", "_", text)
    if safe == text and len(text) <= LONGEST_KEY:
        return text
    return f"{safe[:LONGEST_KEY]}~{hashlib.sha256(text.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Latency:
    """Milliseconds for one image, through features and model together."""

    p50: Milliseconds
    p99: Milliseconds


@dataclass(frozen=True)
class Timing:
    """Seconds of each stage; what was not measured is None.

    ``features_s`` of a cached matrix is the time it took when it was computed. ``predict_s`` holds
    every repeat over the whole test set. ``contended``: other trials ran at the same time.
    ``shared_imports_s``: of libraries that were imported once for several trials, beyond ``imports_s``.
    """

    startup_s: Seconds | None = None
    imports_s: Seconds | None = None
    load_s: Seconds | None = None
    features_s: Seconds | None = None
    features_cached: bool | None = None
    fit_s: Seconds | None = None
    predict_s: tuple[Seconds, ...] = ()
    latency_ms: Latency | None = None
    total_s: Seconds | None = None
    contended: bool = False
    shared_imports_s: Seconds | None = None


@dataclass(frozen=True)
class Resources:
    """What the trial used. ``implementation`` names the library that really did the work.

    ``parameters`` of the fitted model; None where the number is not known.
    """

    peak_rss_mb: Megabytes | None = None
    model_bytes: Count | None = None
    threads: Threads | None = None
    implementation: Line | None = None
    parameters: Count | None = None


@dataclass(frozen=True)
class FeatureMaps:
    """What the layers of a network show for the first training image of each class.

    ``images`` has shape (n, height, width) and ``labels`` (n,). Each layer has shape
    (n, rows, columns, channels); 0 and 255 are the least and the most of a channel over the n images.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    layers: Mapping[str, NDArray[np.uint8]]


@dataclass(frozen=True)
class Predictions:
    """What the model predicted for one evaluation set, and what a network's layers showed.

    ``labels`` has shape (n,); ``probabilities`` has shape (n, n_classes), or is None for a model
    that gives none.
    """

    labels: NDArray[np.int64]
    probabilities: NDArray[np.floating] | None = None
    feature_maps: FeatureMaps | None = None


@dataclass(frozen=True)
class Measurement:
    """What the worker measured. ``history`` has one entry an epoch, for models that are trained by epochs.

    ``train_accuracy`` is taken on the first ``n_train_scored`` training images. ``latencies_ms``: every repeat.
    """

    timing: Timing
    resources: Resources
    history: tuple[Mapping[str, float | None], ...] = ()
    train_accuracy: Share | None = None
    n_train: TrainSize | None = None
    n_train_scored: NImages | None = None
    latencies_ms: tuple[Milliseconds, ...] = ()


@dataclass(frozen=True)
class ClassScores:
    """How well one class is recognised. ``support`` counts its test images."""

    label: str
    precision: Share
    recall: Share
    f1: Share
    support: NImages


@dataclass(frozen=True)
class Scores:
    """Quality on one evaluation set; shares are fractions of one. ``confusion[i][j]``: class i predicted as j."""

    n_test: NImages
    n_errors: NImages
    accuracy: Share
    precision_macro: Share
    recall_macro: Share
    f1_macro: Share
    r2: R2 | None
    log_loss: LogLoss | None
    brier: Brier | None
    ece: Share | None
    train_accuracy: Share | None
    n_train_scored: NImages | None
    confusion: tuple[tuple[NImages, ...], ...]
    per_class: tuple[ClassScores, ...]


@dataclass(frozen=True)
class Inputs:
    """Hashes of all that a stored trial depends on; one that differs makes it stale.

    ``data``: of the train, validation and test splits. ``evaluation``: of each further evaluation set, by name.
    ``weights``: empty without any.
    """

    code: Digest
    data: Digest
    versions: Digest
    machine: Digest
    weights: DigestOrNothing = ""
    evaluation: Mapping[str, Digest] = field(default_factory=dict)

    def changed_since(self, other: Inputs) -> list[str]:
        """Return the names of the inputs that differ from ``other``'s; ``other`` may have further evaluation sets."""
        names = [name.name for name in fields(self) if name.name != "evaluation"]
        changed = [name for name in names if getattr(self, name) != getattr(other, name)]
        known = other.evaluation
        further = [name for name, content in self.evaluation.items() if known.get(name, content) != content]
        return changed + [f"the evaluation set {name}" for name in further]

    def sets_beyond(self, other: Inputs) -> list[str]:
        """Return the names of the further evaluation sets that ``other`` does not have."""
        return [name for name in self.evaluation if name not in other.evaluation]


@dataclass(frozen=True)
class Environment:
    """The machine, the versions and the commit that a result was measured with.

    ``machine_id`` tells kinds of machine apart (processor, cores, memory, system), not one machine
    from its twin: times of twins may be compared. ``git_dirty``: the code differs from the commit. ``network``: the
    trial's code might use the internet (``--allow-network``).
    """

    machine_id: Digest
    cpu: Line = ""
    cores: Cores | None = None
    memory_gb: Gigabytes | None = None
    os: Line = ""
    python: Line = ""
    packages: Mapping[Line, Line] = field(default_factory=dict)
    git_commit: Commit | None = None
    git_dirty: bool | None = None
    network: bool = False


@dataclass(frozen=True)
class TrialResult:
    """One trial and all that is known of it. ``evaluation``: the scores on each evaluation set, the test set first.

    ``family``: of the model; empty in files of before it was stored. ``image_shape``: height and width of the images.
    ``slot``: which of the two names of its other files is this result's; the store chooses it.
    """

    trial: Trial
    status: Status
    reason: str
    inputs: Inputs
    settings: Mapping[str, Setting]
    environment: Environment
    started_at: Moment
    finished_at: Moment
    family: Line = ""
    n_train: TrainSize | None = None
    image_shape: tuple[Pixels, Pixels] = (SIDE, SIDE)
    evaluation: Mapping[str, Scores] = field(default_factory=dict)
    timing: Timing = Timing()
    resources: Resources = Resources()
    history: tuple[Mapping[str, float | None], ...] = ()
    slot: Literal[0, 1] = 0

    @property
    def ok(self) -> bool:
        return self.status == "ok"

    @property
    def scores(self) -> Scores | None:
        """The scores on the test set."""
        return self.evaluation.get(TEST)
