"""The classes of user data: labels in several spellings, and how many images of each class there must be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.labels import class_name
from benchmarks.datasets.readers.raw_images import RawDataset, with_parts
from benchmarks.datasets.spec import Split

MAX_CLASSES = 1_000
MIN_PER_CLASS = 3  # one of them for the test split
MIN_TRAINING_PER_CLASS = 2
MAX_NAMED = 5
# what programs write where a label is missing, in lower case
NO_LABEL = frozenset(("na", "n/a", "#n/a", "<na>", "nan", "null", "none", "nil", "?", "unlabeled", "unlabelled"))


def with_joined_labels(raw: RawDataset) -> RawDataset:
    """Return the data with one spelling of labels that differ only in spaces or Unicode form, and a note of these."""
    names = {label: class_name(label) for part in raw.parts.values() for label in part.labels}
    spellings = Counter(names.values())
    several = sorted(label for label, name in names.items() if spellings[name] > 1 and label != name)
    parts = {
        name: replace(part, labels=tuple(names[label] for label in part.labels)) for name, part in raw.parts.items()
    }
    shown = ", ".join(f"{label!a} as {names[label]!a}" for label in several[:MAX_NAMED])
    more = f" and {len(several) - MAX_NAMED} more" if len(several) > MAX_NAMED else ""
    note = f"labels: {shown}{more} are read, which differ only in spaces or in their Unicode form"
    return with_parts(raw, parts, [note] if several else [])


def chosen_classes(raw: RawDataset, name: str) -> tuple[str, ...]:
    """Return the classes of the training set, sorted; raises ``BenchError`` for too few or too many."""
    names = set(raw.train.labels)
    if len(names) < 2:
        raise BenchError(f"{name} has a single class, '{min(names)}'; at least two are needed")
    if len(names) > MAX_CLASSES:
        raise BenchError(
            f"{name} has {len(names):,} classes; at most {MAX_CLASSES:,} are supported. Is this the label column?"
        )
    for part in raw.parts.values():
        if unknown := sorted(set(part.labels) - names):
            first = part.name(part.labels.index(unknown[0]))
            raise BenchError(f"{first}: label '{unknown[0]}' is out of range: no training image has it")
    numbers = all(label.isdecimal() for label in names)
    return tuple(sorted(names, key=lambda label: (int(label) if numbers else 0, label)))


def check_sizes(training: Split, class_names: Sequence[str], name: str, has_test: bool) -> None:
    """Raise ``BenchError`` if a class has too few images; without a test set it gives one of them to that."""
    minimum = MIN_TRAINING_PER_CLASS if has_test else MIN_PER_CLASS
    counted = Counter(training.labels.tolist())
    few = [f"'{label}' has {counted[i]}" for i, label in enumerate(class_names) if counted[i] < minimum]
    if few:
        raise BenchError(f"{name}: each class needs at least {minimum} valid images, but {_some(few)}")


def similar_note(class_names: Sequence[str]) -> tuple[str, ...]:
    """Return notes on classes that may be one, as Cat and cat or 1 and 01, and on one that may be no label at all."""
    first: dict[str, str] = {}
    pairs = [
        f"'{other}' and '{name}'" for name in class_names if (other := first.setdefault(_folded(name), name)) != name
    ]
    missing = [f"'{name}'" for name in class_names if name.lower() in NO_LABEL]
    return (
        *([f"CAREFUL: {_some(pairs)} are different classes; spell them alike if they are not"] if pairs else []),
        *([f"CAREFUL: class {_some(missing)} may stand for a missing label; remove its images if so"] * bool(missing)),
    )


def _folded(name: str) -> str:
    if len(name) == 1:
        return name  # A and a are classes of their own, as those of EMNIST
    return name.lstrip("0") or "0" if name.isdecimal() else name.casefold()


def missing_note(test: Split, class_names: Sequence[str]) -> tuple[str, ...]:
    """Return a note on classes that the test set lacks."""
    there = set(test.labels.tolist())
    missing = [f"'{name}'" for i, name in enumerate(class_names) if i not in there]
    if not missing:
        return ()
    return (f"CAREFUL: no test image has class {_some(missing)}; averages over classes are over those that are there",)


def _some(words: Sequence[str]) -> str:
    return ", ".join(words[:MAX_NAMED]) + (f" and {len(words) - MAX_NAMED} more" if len(words) > MAX_NAMED else "")
