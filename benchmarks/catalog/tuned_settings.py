"""The settings that studies found, for rows such as ``svm-rbf[tuned=STUDY]``: read from files, without Optuna."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common.bounded_reading import read_file
from benchmarks.common.errors import BenchError, one_line
from benchmarks.common.suggestions import bench_command
from benchmarks.datasets.opening import for_selection
from benchmarks.records.trial import Trial
from models.spec import Setting

STUDIES, OUTCOME = "studies", ".json"  # the folder of a run's studies on a dataset, and how the files end


@dataclass(frozen=True)
class TunedSettings:
    """What a study of a model on a pipeline chose. ``settings``: every one of the model's, the defaults too."""

    study: str
    model: str
    features: str
    dataset: str
    settings: Mapping[str, Setting]


def stored_tuned_settings(run: Path) -> tuple[TunedSettings, ...]:
    """Return what the studies in a run's folder have found; raises ``BenchError`` for a damaged file."""
    paths = sorted(run.glob(f"*/{STUDIES}/*{OUTCOME}"))
    return tuple(map(_read, paths))


def tuned_on(trial: Trial, known: Sequence[TunedSettings]) -> TunedSettings:
    """Return what the study that a trial names found, on the validation split of the same data.

    Raises ``BenchError`` where there is none.
    """
    dataset = for_selection(trial.dataset)
    of_row = [one for one in known if (one.model, one.features) == (trial.model, trial.features)]
    for one in of_row:
        if (one.study, one.dataset) == (trial.tuned, dataset):
            return one
    there = sorted({one.study for one in of_row if one.dataset == dataset})
    row = f"{trial.model}@{trial.features}"
    hint = f"it has: {', '.join(there)}" if there else f"make one: {bench_command('tune', row)}"
    raise BenchError(f"this run has no finished study '{trial.tuned}' of {row} on {dataset}; {hint}")


def _read(path: Path) -> TunedSettings:
    import msgspec

    try:
        return msgspec.json.decode(read_file(path), type=TunedSettings)
    except (OSError, ValueError, RecursionError, msgspec.DecodeError) as error:
        raise BenchError(f"{path} is damaged ({one_line(str(error))}); 'tune' writes it again") from error
