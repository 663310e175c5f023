"""Which planned trials are run, and which stored results are reused: decided once, before anything is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.catalog.catalog import Catalog
from benchmarks.common.dependencies import how_to_install, missing_modules
from benchmarks.datasets.spec import SIDE
from benchmarks.execution.estimates import Estimates
from benchmarks.provenance.fingerprint import inputs_of
from benchmarks.records.store import ResultStore
from benchmarks.records.trial import Inputs, Trial, TrialResult
from models.spec import Setting


@dataclass(frozen=True)
class PlannedTrial:
    """A trial with its fingerprint, and what is decided about it.

    ``stored`` is the result that is stored, whether it still holds or not. ``reason`` says why the trial is run;
    it is empty where the stored result is reused. ``unavailable`` says what is missing for it to run at all.
    ``save_model``: its fitted model is asked for, or was saved before and is saved again. ``expected_s``: how long it
    will take, as far as earlier times tell.
    """

    trial: Trial
    settings: Mapping[str, Setting]
    inputs: Inputs
    family: str
    n_train: int
    save_model: bool
    stored: TrialResult | None
    reason: str
    unavailable: str = ""
    expected_s: float | None = None

    @property
    def reused(self) -> bool:
        return self.stored is not None and not self.reason


@dataclass(frozen=True)
class Demands:
    """What a stored result must meet to be reused, beside unchanged inputs.

    ``threads``: how many it was measured with; None for any. ``any_machine``: wherever it was measured. ``network``:
    it may have been measured with one.
    """

    threads: int | None
    alone: bool = True
    any_machine: bool = False
    network: bool = False
    force: bool = False
    save_models: bool = False


@dataclass(frozen=True)
class Planner:
    """Decides about trials. ``data_hash`` and ``evaluation_hashes`` are of the images; ``n_trainable`` counts them.

    ``prepared_otherwise``: the hash of the images as an earlier run's options prepared them, where that is known.
    """

    catalog: Catalog
    store: ResultStore
    data_hash: str
    evaluation_hashes: Mapping[str, str]
    n_trainable: int
    demands: Demands
    estimates: Estimates
    image_shape: tuple[int, int] = (SIDE, SIDE)
    longest_first: bool = False
    prepared_otherwise: str = ""

    def decide_all(self, trials: Sequence[Trial]) -> list[PlannedTrial]:
        """Return the trials with what is decided about each, the quickest first; unknown times come last.

        With ``longest_first`` it is the other way round: several machines are then done sooner.
        """
        decided = map(self.decide, trials)
        return sorted(decided, key=lambda planned: planned.expected_s or float("inf"), reverse=self.longest_first)

    def decide(self, trial: Trial) -> PlannedTrial:
        """Return a trial with its fingerprint and its stored result or the reason to run it."""
        model, pipeline = self.catalog.models[trial.model], self.catalog.features[trial.features]
        settings = {**model.defaults_on(trial.features), **trial.params}
        inputs = inputs_of(trial, self.catalog, self.data_hash, self.evaluation_hashes)
        stored = self.store.load(trial.key)
        has_model = stored is not None and self.store.model_folder(stored).is_dir()
        is_prepared_otherwise = stored is not None and stored.inputs.data == self.prepared_otherwise
        name_of_data = "preparation of the images" if is_prepared_otherwise else "data"
        reason = reason_to_run(stored, inputs, settings, has_model, self.demands, name_of_data)
        if damage := self.store.damage(trial.key):
            reason = f"its stored files are damaged ({damage})"
        n_train = trial.train_size or self.n_trainable
        return PlannedTrial(
            trial=trial,
            settings=settings,
            inputs=inputs,
            family=model.family,
            n_train=n_train,
            save_model=self.demands.save_models or has_model,
            stored=stored,
            reason=reason,
            unavailable=how_to_install(missing_modules((*model.requires, *pipeline.requires))) if reason else "",
            expected_s=self.estimates.seconds(trial, n_train, self.image_shape),
        )


def reason_to_run(
    stored: TrialResult | None,
    inputs: Inputs,
    settings: Mapping[str, Setting],
    has_model: bool,
    demands: Demands,
    name_of_data: str = "data",
) -> str:
    """Return why a trial has to be run; empty if its stored result still holds.

    ``name_of_data``: what is said to have changed where the data did.
    """
    if stored is None:
        return "no stored result"
    if not stored.ok:
        return f"it was {stored.status}"
    if demands.force:
        return "--force"
    changed = [name for name in inputs.changed_since(stored.inputs) if not (name == "machine" and demands.any_machine)]
    if stored.settings != settings:
        changed.append("settings")
    if demands.threads not in (None, stored.resources.threads):
        changed.append("threads")
    if changed:
        return f"{' and '.join(name_of_data if name == 'data' else name for name in changed)} changed"
    if further := inputs.sets_beyond(stored.inputs):
        return f"it was not evaluated on {' and '.join(further)}"
    if stored.environment.network and not demands.network:
        return "it was allowed to use the network"
    if demands.save_models and not has_model:
        return "its model was not saved"
    return "other trials ran at the same time" if stored.timing.contended and demands.alone else ""
