"""How a run was measured: its machines, and the commands that reproduce it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from shlex import quote

from benchmarks.common.suggestions import GIVEN
from benchmarks.records.trial import Environment, Trial, TrialResult
from benchmarks.report.data.findings import Findings


@dataclass(frozen=True)
class Machine:
    """One kind of machine, the number of trials that ran on it, and the commits and threads they ran with."""

    environment: Environment
    n_trials: int
    commits: tuple[str, ...]
    threads: tuple[int, ...]


def machines(findings: Findings) -> list[Machine]:
    """Return every machine of the run, described by its first trial."""
    groups: dict[str, list[TrialResult]] = defaultdict(list)
    for result in findings.results.values():
        groups[result.environment.machine_id].append(result)
    return [
        Machine(
            environment=group[0].environment,
            n_trials=len(group),
            commits=tuple(sorted({_commit(result.environment) for result in group} - {""})),
            threads=tuple(sorted({result.resources.threads for result in group if result.resources.threads})),
        )
        for _, group in sorted(groups.items())
    ]


def seeds(findings: Findings) -> list[int]:
    """Return the seeds that some trial ran with."""
    return sorted({result.trial.seed for result in findings.results.values()})


def commands(findings: Findings, families: Mapping[str, str]) -> list[str]:
    """Return commands that run every trial of the run, one for each set of pipelines and number of seeds.

    ``families`` names the models of the suite; any other came from a plug-in.
    """
    of: dict[str, list[Trial]] = defaultdict(list)
    for result in findings.results.values():
        of[result.trial.label].append(result.trial)
    together: dict[tuple[tuple[str, ...], int], list[str]] = defaultdict(list)
    for label, trials in sorted(of.items()):
        features = tuple(sorted({trial.features for trial in trials}))
        together[features, max(trial.seed for trial in trials) + 1].append(label)
    return [
        _command(findings, labels, features, n_seeds, families)
        for (features, n_seeds), labels in sorted(together.items())
    ]


def _command(
    findings: Findings, labels: Sequence[str], features: Sequence[str], n_seeds: int, families: Mapping[str, str]
) -> str:
    results = [result for result in findings.results.values() if result.trial.label in labels]
    trials = [result.trial for result in results]
    words = ["python", "bench.py", "--models", ",".join(labels), "--features", ",".join(features)]
    words += ["--dataset", findings.audit.source or findings.dataset]
    if findings.audit.source:
        words += ["--polarity", findings.audit.polarity] if findings.audit.polarity != "auto" else []
        words += ["--centre"] if findings.audit.centred else []
        words += ["--normalise"] if findings.audit.normalised else []
        words += findings.audit.reading
    words += ["--image-size", str(findings.audit.image_size)] if findings.audit.image_size else []
    if n_seeds > 1:
        words += ["--seeds", str(n_seeds)]
    sizes = sorted({trial.train_size for trial in trials if trial.train_size})
    if sizes:
        n_trainable = sum(sum(findings.audit.counts.get(split, ())) for split in ("train", "validation"))
        everything = [n_trainable] if any(trial.train_size is None for trial in trials) else []
        words += ["--train-size", ",".join(map(str, [*sizes, *everything]))]
    if any(families and trial.model not in families for trial in trials):
        words += GIVEN.get().plugins or ("--plugin", "FILE")
    words += ["--allow-network"] if any(result.environment.network for result in results) else []
    return " ".join(map(quote, words))


def _commit(environment: Environment) -> str:
    commit = environment.git_commit
    return f"{commit[:10]}{' with changes' if environment.git_dirty else ''}" if commit else ""
