"""Which attempts go on to the next training size, or the next epochs: asynchronous successive halving. Pure."""

from __future__ import annotations

from collections.abc import Sequence

FACTOR = 3  # one in three goes on; epochs at which is looked are a factor of three apart


def goes_on(value: float, seen: Sequence[float]) -> bool:
    """Return whether a value is among the best third of those seen at its rung, itself included (Li et al. 2020).

    The first one always is, and of fewer than six the best. It is decided at once, so that nobody waits.
    """
    ranked = sorted([*seen, value])
    return value <= ranked[max(len(ranked) // FACTOR, 1) - 1]


def first_rung(number: int, n_rungs: int, hyperband: bool) -> int:
    """Return at which rung an attempt begins: at the lowest, or by Hyperband's brackets in turn (Li et al. 2018).

    A bracket that begins a rung higher has a third as many attempts: of thirteen attempts on three rungs nine begin at
    the lowest, three above it and one at the top.
    """
    if not hyperband:
        return 0
    sizes = [FACTOR ** (n_rungs - 1 - rung) for rung in range(n_rungs)]
    place = number % sum(sizes)
    for rung, size in enumerate(sizes):
        if place < size:
            return rung
        place -= size
    return n_rungs - 1


def rung_of(epoch: int) -> int:
    """Return the last epoch up to this one after which attempts are compared: 1, 3, 9, 27, …; 0 before the first."""
    rung = 1
    while rung * FACTOR <= epoch:
        rung *= FACTOR
    return rung if epoch >= 1 else 0
