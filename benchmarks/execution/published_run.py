"""The published run, results/reference: what may be written into it, so that nothing else gets there by accident."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.common.errors import BenchError
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import Trial
from models.registry import MODELS

REFERENCE = "reference"


def check_published(store: ResultStore, trials: Sequence[Trial], jobs: int, cluster: str | None = None) -> None:
    """Raise ``BenchError`` where trials for the published run are not what it holds; any other run may hold all.

    It holds the suite's own models with their own settings on their own features, trained on all images,
    one after the other, on the datasets that it has already.
    """
    if store.run != REFERENCE:
        return
    run = store.folder.parent
    other = next((trial.key for trial in trials if not _belongs(trial)), None)
    if other:
        why = f"it takes the suite's own models as they are, on their own features and all images, not {other}"
    elif jobs > 1:
        why = "its trials run one at a time: leave out --jobs"
    elif cluster is not None:
        why = "it is measured on one machine: leave out --cluster"
    elif not store.folder.is_dir() and any(path.is_dir() for path in run.glob("*")):
        why = f"it has no results on {store.dataset}; make the folder {store.folder} if they are to be published"
    else:
        return
    raise BenchError(f"run '{REFERENCE}' is the published one, and {why}; or name another --run")


def _belongs(trial: Trial) -> bool:
    known = trial.model in MODELS and trial.features in MODELS[trial.model].features
    return known and not trial.params and not trial.tuned and trial.train_size is None
