"""Labels of any type as names of classes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterable, Sized
from typing import TYPE_CHECKING, Any

from benchmarks.common.errors import BenchError
from benchmarks.datasets.readers.raw_images import JOINERS, check_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_LABEL_LENGTH = 100  # characters
MISSING = ("", "-1", "-1.0", "none", "nan", "null", "na", "?")  # what stands for a label that is not told
# of labels: 3.0, -1 and 3.000e+00, which numpy.savetxt writes; 4E00, 1E2 and 1_0 are words
DECIMAL = re.compile(r"[+-]?[0-9]+\.[0-9]*(e[+-][0-9]{2})?|[+-][0-9]+|nan", re.IGNORECASE)


def label_names(labels: Iterable[object] | NDArray[Any], name: str) -> tuple[str, ...]:
    """Return labels as text, as they are spelled; see ``class_name``.

    Raises ``BenchError`` unless they are text or integers from 0, and not too many.
    """
    if isinstance(labels, Sized):
        check_number(len(labels), name)
    labels = getattr(labels, "tolist", lambda: labels)()
    known: dict[object, str] = {}
    found = []
    for i, label in enumerate(labels):
        if not isinstance(label, Hashable):
            raise BenchError(f"{name}: label {i} is {str(label)[:20]}; labels must be text or integers from 0")
        if label not in known:
            known[label] = _label_name(label, f"{name}: label {i}")
        found.append(known[label])
    return tuple(found)


def _label_name(label: object, name: str) -> str:
    if isinstance(label, bytes):
        try:
            label = label.decode("utf-8")
        except UnicodeDecodeError as error:
            raise BenchError(f"{name} is {label[:20]!r}, which is not UTF-8; store labels as text") from error
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    if isinstance(label, int):
        if label < 0:
            raise BenchError(f"{name} is {label}; labels must be text or integers from 0")
        return str(int(label))
    if not isinstance(label, str):
        raise BenchError(f"{name} is {label}; labels must be text or integers from 0")
    text = class_name(label)
    printable = text.translate(dict.fromkeys(map(ord, JOINERS)))
    if not text:
        raise BenchError(f"{name} is empty; remove images without a label, or give them one")
    if not printable or len(text) > MAX_LABEL_LENGTH or not printable.isprintable():
        raise BenchError(f"{name} is {text[:20]!r}{'…' if len(text) > 20 else ''}, which is not a valid class name")
    return label


def class_name(label: str) -> str:
    """Return a label in one spelling: macOS decomposes the names of files, and tables have spaces at the ends."""
    return unicodedata.normalize("NFC", " ".join(label.split()))


def as_label(text: str) -> str | float:
    """Return a decimal number of a label as a number: ``3.0`` is 3, and -1 is not text."""
    number = text.strip()
    if number.isdecimal():
        return number  # spaces beside it are no other spelling
    return float(number) if DECIMAL.fullmatch(number) else text


def are_missing(labels: Iterable[object]) -> bool:
    """Return whether no label is told."""
    return all(str(label).strip().lower() in MISSING for label in labels)
