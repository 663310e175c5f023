"""The division of atoms into digits weighs what the model says against cuts, joins and sizes."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.inference.reading.atoms import Atoms, Boundary, Candidate
from benchmarks.inference.reading.division import Costs, divide, evidence_of
from benchmarks.inference.reading.ink import Ink
from benchmarks.inference.reading.pieces import Box

COSTS = Costs(digit=1, unlike=1, cut=0.5, ink=3, join=1, distance=8, wide=10, low=10)


def atoms_of(*boundaries: Boundary, width: int = 12) -> Atoms:
    """Return atoms of 20 pixels of height side by side, with these boundaries between them."""
    nothing = np.zeros((20, width * (len(boundaries) + 1)), np.uint8)
    boxes = tuple(Box(i * width, 0, (i + 1) * width, 20) for i in range(len(boundaries) + 1))
    return Atoms(Ink(nothing > 0, nothing, 1, nothing.shape), nothing.astype(np.int32), boxes, boundaries, 20)


def digits(atoms: Atoms, certainty: dict[tuple[int, int], float], likeness: float = 1.0) -> list[tuple[int, int]]:
    """Return the first and last atom of each digit, where all but some candidates are a digit for certain."""
    candidates = atoms.candidates()
    places = [(one.first, one.last) for one in candidates]
    known = [certainty.get(place, 1.0) for place in places]
    like = [likeness if one.first != one.last else 1.0 for one in candidates]
    return [places[i] for i in divide(evidence_of(atoms, candidates, known, like), COSTS)]


def test_pieces_are_digits_of_their_own_unless_the_model_says_otherwise() -> None:
    apart = atoms_of(Boundary(None, 0.2))
    assert digits(apart, {}) == [(0, 0), (1, 1)]
    assert digits(apart, {(0, 0): 0.05, (1, 1): 0.05}) == [(0, 1)]


def test_connected_ink_is_one_digit_unless_the_parts_are_as_certain_and_the_whole_is_not() -> None:
    connected = atoms_of(Boundary(0.2), width=8)
    assert digits(connected, {}) == [(0, 1)]
    assert digits(connected, {(0, 1): 0.05}) == [(0, 0), (1, 1)]
    assert digits(connected, {}, likeness=0.01) == [(0, 0), (1, 1)]  # whatever the model says


def test_what_is_wider_than_a_digit_is_no_candidate() -> None:
    wide = atoms_of(Boundary(0.1), Boundary(0.1), width=12)
    places = {(one.first, one.last) for one in wide.candidates()}
    assert (0, 1) in places and (0, 2) not in places


@pytest.mark.parametrize("n", [1, 2, 5])
def test_every_atom_is_in_one_digit(n: int) -> None:
    atoms = atoms_of(*[Boundary(0.1)] * (n - 1), width=5)
    rng = np.random.default_rng(n)
    candidates = atoms.candidates()
    values = rng.uniform(0.01, 1, (2, len(candidates))).tolist()
    chosen: list[Candidate] = [candidates[i] for i in divide(evidence_of(atoms, candidates, *values), COSTS)]
    assert [at for one in chosen for at in range(one.first, one.last + 1)] == list(range(n))
