"""What a network tells of its epochs, as far as it can be stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

History = Sequence[Mapping[str, float | None]]

MOST_EPOCHS = 10_000
MOST_FIGURES = 50  # of one epoch
LONGEST_NAME = 100


def fault_of_history(history: History) -> str:
    """Return why a history cannot be stored; empty if it can."""
    if len(history) > MOST_EPOCHS:
        return f"its history has {len(history)} epochs; the limit is {MOST_EPOCHS}"
    if any(len(of_epoch) > MOST_FIGURES for of_epoch in history):
        return f"its history has more than {MOST_FIGURES} figures an epoch"
    names = {name for of_epoch in history for name in of_epoch}
    if any(len(name) > LONGEST_NAME or not name.isprintable() for name in names):
        return "its history has a figure of an unreadable name"
    return ""
