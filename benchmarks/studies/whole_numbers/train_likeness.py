"""``python -m benchmarks.studies.whole_numbers.train_likeness``: trains the network of ``reading/likeness.py``.

On candidates cut from numbers of MNIST's training digits, without the validation digits. A candidate that shares most
of its ink with one digit is one; one that shares little is none; those between are left out.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.catalog.catalog import read_catalog
from benchmarks.common.paths import cache_folder
from benchmarks.datasets.opening import open_dataset
from benchmarks.datasets.registry import data_places
from benchmarks.inference.reading.atoms import Atoms, Candidate
from benchmarks.inference.reading.likeness import WEIGHTS, inputs_of
from benchmarks.inference.reading.number import cut
from benchmarks.studies.whole_numbers.composed import KINDS, NumberImage, compose

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_NUMBERS, SEED = 1000, 1  # of each kind
ONE, NONE = 0.85, 0.65  # of the ink of a candidate and a digit together, what they share
HIDDEN, EPOCHS = (64, 32), 15


def main() -> int:
    """Train the network and write its weights; print how well it tells candidates of validation digits."""
    from sklearn.metrics import roc_auc_score
    from sklearn.neural_network import MLPClassifier

    _, images = open_dataset(read_catalog().datasets, "mnist", data_places(None, cache_folder()))
    X, y = examples([one for kind in KINDS for one in compose(images.train, kind, N_NUMBERS, SEED)])
    network = MLPClassifier(HIDDEN, alpha=1e-4, batch_size=256, max_iter=EPOCHS, tol=0, random_state=SEED)
    network.fit(X, y)
    layers = enumerate(zip(network.coefs_, network.intercepts_, strict=True))
    arrays = {
        name: array.astype(np.float16)
        for i, (weights, bias) in layers
        for name, array in ((f"weights{i}", weights), (f"bias{i}", bias))
    }
    np.savez_compressed(WEIGHTS, allow_pickle=False, **arrays)
    X, y = examples([one for kind in KINDS for one in compose(images.validation, kind, N_NUMBERS // 5, SEED)])
    found = network.predict_proba(X)[:, 1]
    print(f"{len(y):,} candidates of validation digits: area under the curve {roc_auc_score(y, found):.4f}")
    return 0


def examples(numbers: list[NumberImage]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the inputs of candidates, of shape (n, n_inputs), and whether each is one digit, of shape (n,)."""
    inputs, truths = [], []
    for number, atoms in zip(numbers, cut([one.image for one in numbers], "light-on-dark"), strict=True):
        candidates = atoms.candidates()
        shared = np.array([largest_share(atoms, one, number) for one in candidates])
        clear = np.flatnonzero((shared >= ONE) | (shared <= NONE))
        some = [candidates[i] for i in clear]
        inputs.append(inputs_of([atoms.picture(one) for one in some], some, atoms.height))
        truths.append(shared[clear] >= ONE)
    return np.concatenate(inputs), np.concatenate(truths)


def largest_share(atoms: Atoms, candidate: Candidate, number: NumberImage) -> float:
    """Return the ink that a candidate shares with a digit, over the ink of both, of the digit with the most."""
    box = candidate.box
    numbered = atoms.numbered * atoms.ink.mask
    own = (numbered > candidate.first) & (numbered <= candidate.last + 1)
    owners = np.where(atoms.ink.mask, number.owners, 0)
    digits = set(np.unique(owners[box.top : box.bottom, box.left : box.right])) - {0}
    return max((float((own & (owners == i)).sum() / (own | (owners == i)).sum()) for i in digits), default=0.0)


if __name__ == "__main__":
    sys.exit(main())
