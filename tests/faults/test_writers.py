"""A fault at each file operation of caches, downloads, journals, keys and signatures."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest

from benchmarks.common import signatures
from benchmarks.datasets.sources import digits, download
from benchmarks.datasets.spec import Split
from benchmarks.execution.cluster import file_cache
from benchmarks.execution.features.cache import TEST, TRAIN, FeatureCache, FeatureFiles
from benchmarks.execution.features.checked_arrays import has_checksum, write_array
from tests.faults.injection import BROKEN, DONE, KILLED, KINDS, REFUSED, Fault, ending_with, operations

CONTENT = b"content " * 100
REMOTE = download.RemoteFile("images.bin", hashlib.sha256(CONTENT).hexdigest(), ("mirror/",))


def nothing(root: Path) -> None:
    root.mkdir(parents=True)


# ---- the signature of a saved model, and the key


def a_model(root: Path) -> None:
    (root / "model").mkdir(parents=True)
    (root / "model" / "weights").write_bytes(CONTENT)


def sign(root: Path) -> None:
    with mock.patch.dict(os.environ, {"XDG_STATE_HOME": str(root / "state")}), contextlib.suppress(OSError):
        signatures.sign(root / "model")


def signed(root: Path, done: bool) -> None:
    """The model is there as it was; whatever was left of key and signature, it can be signed now."""
    assert (root / "model" / "weights").read_bytes() == CONTENT
    sign(root)
    with mock.patch.dict(os.environ, {"XDG_STATE_HOME": str(root / "state")}):
        assert signatures.is_own(root / "model")


# ---- feature matrices


def matrices(root: Path) -> FeatureFiles:
    names = (TRAIN, TEST)
    checksums = {name: (root / f"{name}.checksum").read_text() for name in names}
    return FeatureFiles(str(root / "computed"), checksums, 1.0)


def computed(root: Path) -> None:
    (root / "computed").mkdir(parents=True)
    for n, name in enumerate((TRAIN, TEST)):
        (root / f"{name}.checksum").write_text(write_array(root / "computed" / name, np.full((3, 4), n)))


def cache_matrices(root: Path) -> None:
    files = FeatureCache(root / "cache").save("key", matrices(root))
    assert whole(files), "the matrices are neither where they were nor in the cache"


def whole(files: FeatureFiles) -> bool:
    return all(has_checksum(files.path(name), expected) for name, expected in files.checksums.items())


def cached(root: Path, done: bool) -> None:
    found = FeatureCache(root / "cache").load("key")
    assert whole(found) if found else whole(matrices(root))


# ---- downloads, and files that machines of a cluster get


def fetch(root: Path) -> None:
    def deliver(url: str, name: str, folder: Path, on_download: object) -> Path:
        (folder / name).write_bytes(CONTENT)
        return folder / name

    with mock.patch.object(download, "_download", deliver):
        download.fetch(REMOTE, root / "cache")


def fetched(root: Path, done: bool) -> None:
    path = download.find(REMOTE, (root / "cache",))
    assert path is not None or not done
    assert path is None or path.read_bytes() == CONTENT
    fetch(root)
    assert (root / "cache" / REMOTE.name).read_bytes() == CONTENT


def receive(root: Path) -> None:
    digest = hashlib.sha256(CONTENT).hexdigest()
    with mock.patch.object(file_cache, "folder", lambda: root / "cache"):
        for chunk, last in ((CONTENT[:300], False), (CONTENT[300:], True)):
            if file_cache.receive("images.bin", digest, "token", chunk, last):
                break


def received(root: Path, done: bool) -> None:
    path = root / "cache" / "images.bin"
    assert not path.exists() or path.read_bytes() == CONTENT


# ---- the enlarged digits


SCANS = np.arange(2 * 64).reshape(2, 8, 8) % 17.0


def load_digits(root: Path) -> tuple[Split, str]:
    """Return digits from the cache or enlarged; two small ones, as enlarging all takes seconds."""
    given = SimpleNamespace(images=SCANS, target=np.arange(2))
    library = SimpleNamespace(load_digits=lambda: given)
    with (
        mock.patch.dict(os.environ, {"XDG_STATE_HOME": str(root / "state")}),
        mock.patch.dict(sys.modules, {"sklearn": library, "sklearn.datasets": library}),
        mock.patch.object(digits, "enlarge", lambda scans: scans.astype(np.uint8)),
        mock.patch.object(digits, "_cache_folder", lambda cache: cache / "digits"),
    ):
        return digits._enlarged_before(root) or digits._enlarge_all(root)


def digits_cached(root: Path, done: bool) -> None:
    everything, checksum = load_digits(root)
    assert (everything.images == SCANS).all() and everything.labels.tolist() == [0, 1] and len(checksum) == 64
    with mock.patch.object(digits, "_enlarge_all", mock.Mock(side_effect=AssertionError("they are not cached"))):
        load_digits(root)


# ---- the journal of a study


def a_journal(root: Path) -> None:
    root.mkdir(parents=True)
    (root / "study.journal").touch()
    append(root, 1)


def append(root: Path, number: int = 2) -> None:
    from benchmarks.tuning.journal_file import backend

    with contextlib.suppress(OSError):  # which the journal turns into one line
        backend(root / "study.journal").append_logs([{"op_code": number, "text": "x" * 500}])


def appended(root: Path, done: bool) -> None:
    from benchmarks.tuning.journal_file import backend

    append(root, 3)
    numbers = [log["op_code"] for log in backend(root / "study.journal").read_logs(0)]
    assert numbers in ([1, 3], [1, 2, 3])


Case = tuple[Callable[[Path], object], Callable[[Path], object], Callable[[Path, bool], None]]
CASES: dict[str, Case] = {
    "a signature": (a_model, sign, signed),
    "feature matrices": (computed, cache_matrices, cached),
    "a download": (nothing, fetch, fetched),
    "a file of a cluster": (nothing, receive, received),
    "the digits": (nothing, load_digits, digits_cached),
    "a journal": (a_journal, append, appended),
}


SLOW = ("the digits",)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in CASES]
)
def test_every_fault_leaves_the_old_or_the_new(name: str, tmp_path: Path) -> None:
    if name == "a journal":
        pytest.importorskip("optuna.storages.journal")
    prepare, action, check = CASES[name]
    start, root, said = tmp_path / "start", tmp_path / "root", tmp_path / "said"
    prepare(root)
    shutil.copytree(root, start)
    names = operations(lambda: action(root))
    endings: Counter[int] = Counter()
    for at, kind in ((at, kind) for at in range(len(names)) for kind in KINDS):
        shutil.rmtree(root)
        shutil.copytree(start, root)
        said.write_text("")
        code = ending_with(lambda: action(root), Fault(at, kind), said)
        where = f"{name}: {kind} at operation {at}, {names[at]}: {said.read_text()}"
        assert code != BROKEN and code == (KILLED if kind == "kill" else code), where
        try:
            check(root, code == DONE)
        except Exception as error:
            raise AssertionError(where) from error
        endings[code] += 1
    print(f"{name}: {len(names)} operations, {endings.total()} faults, nothing lost")
    assert endings[KILLED] and endings[DONE] + endings[REFUSED]
