"""The values that flow through the bench, from what is to be run to what came of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.spec import Setting

SCHEMA = 1
LONGEST_KEY = 160  # file systems allow 255 bytes; this leaves room for suffixes

Status = Literal["ok", "skipped", "failed", "timeout", "out-of-memory", "interrupted"]


@dataclass(frozen=True)
class Trial:
    """One model, on one pipeline, on one dataset, with one seed.

    ``train_size`` is the number of images to learn from (train and validation together), None for all.
    ``params`` holds the settings that differ from the model's defaults.
    """

    model: str
    features: str
    dataset: str
    seed: int = 0
    train_size: int | None = None
    params: Mapping[str, Setting] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The model with its settings: ``svm-rbf[C=1,gamma=0.02]``."""
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

    p50: float
    p99: float


@dataclass(frozen=True)
class Timing:
    """Seconds of each stage; what was not measured is None.

    ``features_s`` of a cached matrix is the time it took when it was computed. ``predict_s`` holds
    every repeat over the whole test split. ``contended``: other trials ran at the same time.
    """

    startup_s: float | None = None
    imports_s: float | None = None
    load_s: float | None = None
    features_s: float | None = None
    features_cached: bool | None = None
    fit_s: float | None = None
    predict_s: tuple[float, ...] = ()
    latency_ms: Latency | None = None
    total_s: float | None = None
    contended: bool = False


@dataclass(frozen=True)
class Resources:
    """What the trial used. ``implementation`` names the library that really did the work.

    ``parameters`` of the fitted model; None where the number is not known.
    """

    peak_rss_mb: float | None = None
    model_bytes: int | None = None
    threads: int | None = None
    implementation: str | None = None
    parameters: int | None = None


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
    """What the model said of the test split, and what a network's layers showed.

    ``labels`` has shape (n,); ``probabilities`` has shape (n, n_classes), or is None for a model
    that gives none.
    """

    labels: NDArray[np.int64]
    probabilities: NDArray[np.floating] | None = None
    feature_maps: FeatureMaps | None = None


@dataclass(frozen=True)
class Measurement:
    """What the worker saw. ``history`` has one entry an epoch, for models that learn by epochs.

    ``train_accuracy`` is taken on the first ``n_train_scored`` training images.
    """

    timing: Timing
    resources: Resources
    history: tuple[Mapping[str, float], ...] = ()
    train_accuracy: float | None = None
    n_train: int | None = None
    n_train_scored: int | None = None


@dataclass(frozen=True)
class ClassScores:
    """How well one class is recognised. ``support`` counts its test images."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Scores:
    """Quality on the test split; shares are fractions of one. ``confusion[i][j]``: class i read as j."""

    n_test: int
    n_errors: int
    accuracy: float
    precision_macro: float
    recall_macro: float
    f1_macro: float
    r2: float | None
    log_loss: float | None
    brier: float | None
    ece: float | None
    train_accuracy: float | None
    n_train_scored: int | None
    confusion: tuple[tuple[int, ...], ...]
    per_class: tuple[ClassScores, ...]


@dataclass(frozen=True)
class Inputs:
    """Hashes of all that a stored trial depends on. One that differs makes it stale. ``weights``: empty without any."""

    code: str
    data: str
    versions: str
    machine: str
    weights: str = ""

    def changed_since(self, other: Inputs) -> list[str]:
        """Return the names of the inputs that differ from ``other``'s."""
        return [field.name for field in fields(self) if getattr(self, field.name) != getattr(other, field.name)]


@dataclass(frozen=True)
class TrialResult:
    """One trial and all that is known of it. ``environment`` is as ``environment.describe`` gives it."""

    trial: Trial
    status: Status
    reason: str
    inputs: Inputs
    settings: Mapping[str, Setting]
    environment: Mapping[str, Any]
    started_at: str
    finished_at: str
    n_train: int | None = None
    scores: Scores | None = None
    timing: Timing = Timing()
    resources: Resources = Resources()
    history: tuple[Mapping[str, float], ...] = ()

    @property
    def ok(self) -> bool:
        return self.status == "ok"
