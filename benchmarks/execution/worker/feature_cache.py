"""Feature matrices on disk: computed once for given images, pipeline, code and conditions, then memory-mapped."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from features.spec import Transformer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LAYOUT = 1
ENTRY = "entry.json"
FILES = ("train.npy", "test.npy", "transformer.pickle")


@dataclass(frozen=True)
class FeatureMatrices:
    """The matrices of the training and the test images, and the transformer that made them.

    ``seconds``: what fitting the transformer and transforming both took when it was done.
    """

    train: NDArray[np.float32]
    test: NDArray[np.float32]
    transformer: Transformer
    seconds: float


class FeatureCache:
    """A folder with one subfolder for each set of matrices.

    An entry is written under another name and renamed when whole; one whose files differ in size
    from what it says, or of another layout, counts as absent.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, key: str) -> FeatureMatrices | None:
        """Return the entry, its matrices read-only and memory-mapped; None if it is not there whole."""
        import numpy as np

        place = self.folder / key
        try:
            entry = json.loads((place / ENTRY).read_text(encoding="utf-8"))
            if entry["layout"] != LAYOUT or entry["sizes"] != _sizes(place):
                return None
            train, test = (np.asarray(np.load(place / name, mmap_mode="r")) for name in FILES[:2])
            transformer = pickle.loads((place / FILES[2]).read_bytes())
        except (
            OSError,
            ValueError,
            KeyError,
            TypeError,
            EOFError,
            pickle.UnpicklingError,
            AttributeError,
            ImportError,
        ):
            return None
        return FeatureMatrices(train, test, transformer, entry["seconds"])

    def save(self, key: str, matrices: FeatureMatrices) -> FeatureMatrices:
        """Store the matrices and return them as ``load`` would; as they are if they cannot be stored."""
        import numpy as np

        part = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            part = Path(tempfile.mkdtemp(prefix=".part-", dir=self.folder))
            np.save(part / FILES[0], matrices.train)
            np.save(part / FILES[1], matrices.test)
            (part / FILES[2]).write_bytes(pickle.dumps(matrices.transformer))
            entry = {"layout": LAYOUT, "sizes": _sizes(part), "seconds": matrices.seconds}
            (part / ENTRY).write_text(json.dumps(entry), encoding="utf-8")
            shutil.rmtree(self.folder / key, ignore_errors=True)
            os.rename(part, self.folder / key)
        except OSError:
            # a full disk, or another process that stored the same entry a moment ago
            if part:
                shutil.rmtree(part, ignore_errors=True)
        return self.load(key) or matrices

    def clear(self) -> None:
        """Remove every entry."""
        shutil.rmtree(self.folder, ignore_errors=True)


def cache_key(pipeline: str, pipeline_hash: str, conditions: str, *images: NDArray[np.uint8]) -> str:
    """Return the name of the entry of these images, pipeline and code, computed in these conditions.

    An entry holds how long it took, which differs under other conditions: machine, threads, trials at the same time.
    """
    digest = hashlib.sha256(f"{pipeline_hash}\n{conditions}".encode())
    for array in images:
        digest.update(str(array.shape).encode())
        digest.update(array.data if array.flags.c_contiguous else array.tobytes())
    return f"{pipeline}-{digest.hexdigest()[:20]}"


def _sizes(folder: Path) -> list[int]:
    return [(folder / name).stat().st_size for name in FILES]
