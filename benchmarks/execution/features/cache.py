"""Feature matrices on disk: computed once for given images, pipeline, code and conditions.

Only the bench writes here. A folder's files and their checksums are in its entry; no file is a pickle.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from benchmarks.common.bounded_reading import read_file
from benchmarks.execution.features.checked_arrays import Signature, has_checksum, signature
from benchmarks.records.checks.ranges import Amount

LAYOUT = 2
ENTRY = "entry.json"
TRAIN, TEST, TRANSFORMER = "train.npy", "test.npy", "transformer.npz"
FILES = (TRAIN, TEST, TRANSFORMER)

Snapshot = Mapping[tuple[str, str], Signature]
Checksum = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}-[0-9]{1,18}\Z")]


@dataclass(frozen=True)
class FeatureFiles:
    """Where the matrices of the training and the test images are, and the transformer that made them.

    ``checksums``: of each file; without one of ``TRANSFORMER`` the transformer has to be fitted again.
    ``seconds``: what fitting the transformer and transforming both took when it was done.
    """

    folder: str
    checksums: Mapping[str, Checksum]
    seconds: Amount

    def path(self, name: str) -> Path:
        return Path(self.folder) / name


@dataclass(frozen=True)
class _Entry:
    layout: int
    checksums: Mapping[str, Checksum]
    seconds: Amount


class FeatureCache:
    """A folder with one subfolder for each set of matrices.

    An entry is written under another name and renamed when whole. One whose files have other checksums than it says,
    or of another layout, counts as absent. What was checked is checked again once a file has changed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._checked: dict[str, tuple[FeatureFiles, list[Signature | None]]] = {}

    def load(self, key: str) -> FeatureFiles | None:
        """Return the files of an entry; None if it is not there whole."""
        known = self._checked.get(key)
        files = known[0] if known else self._entry(key)
        if files is None:
            return None
        now = _signatures(files)
        if known and now == known[1]:
            return files
        if not all(has_checksum(files.path(name), expected) for name, expected in files.checksums.items()):
            self.remove(key)
            return None
        self._checked[key] = files, now
        return files

    def save(self, key: str, files: FeatureFiles) -> FeatureFiles:
        """Put files into the cache and return where they are; they stay where they are if they cannot be stored."""
        part = None
        stored = FeatureFiles(str(self.folder / key), files.checksums, files.seconds)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            part = Path(tempfile.mkdtemp(prefix=".part-", dir=self.folder))
            for name in files.checksums:
                _put(files.path(name), part / name)
            entry = _Entry(LAYOUT, files.checksums, files.seconds)
            (part / ENTRY).write_bytes(msgspec.json.encode(entry))
            if FeatureCache(self.folder).load(key) is None:
                shutil.rmtree(stored.folder, ignore_errors=True)
            os.rename(part, stored.folder)
        except OSError:
            # a full disk, or another bench has stored the same entry meanwhile, which its trials are reading
            if part:
                shutil.rmtree(part, ignore_errors=True)
            stored = files
        else:
            shutil.rmtree(files.folder, ignore_errors=True)
        self._checked[key] = stored, _signatures(stored)
        return stored

    def remove(self, key: str) -> None:
        """Remove one entry."""
        known = self._checked.pop(key, None)
        shutil.rmtree(known[0].folder if known else self.folder / key, ignore_errors=True)

    def clear(self) -> None:
        """Remove every entry."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def snapshot(self) -> Snapshot:
        """Return the signature of every file of every entry, by the name of the entry."""
        folders = {folder.name: folder for folder in self.folder.glob("*")}
        folders |= {key: Path(files.folder) for key, (files, _) in self._checked.copy().items()}
        return {
            (key, name): found
            for key, folder in folders.items()
            for name in (*FILES, ENTRY)
            if (found := signature(folder / name))
        }

    def remove_changed(self, before: Snapshot) -> list[str]:
        """Remove the entries that are not as they were; return their names. An entry that is gone does no harm."""
        changed = {key for (key, name), now in self.snapshot().items() if before.get((key, name)) != now}
        for key in changed:
            self.remove(key)
        return sorted(changed)

    def _entry(self, key: str) -> FeatureFiles | None:
        try:
            entry = msgspec.json.decode(read_file(self.folder / key / ENTRY), type=_Entry)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        whole = {TRAIN, TEST} <= set(entry.checksums) <= set(FILES)
        known = entry.layout == LAYOUT and whole
        return FeatureFiles(str(self.folder / key), entry.checksums, entry.seconds) if known else None


def cache_key(pipeline: str, pipeline_hash: str, conditions: str, data: Sequence[str]) -> str:
    """Return the name of the entry of this pipeline, code and data, computed in these conditions.

    ``data``: hashes of the splits, and what was taken of them. An entry holds how long it took, which differs under
    other conditions: machine, threads, trials at the same time.
    """
    digest = hashlib.sha256("\n".join((pipeline_hash, conditions, *data)).encode())
    return f"{pipeline}-{digest.hexdigest()[:20]}"


def _signatures(files: FeatureFiles) -> list[Signature | None]:
    return [signature(files.path(name)) for name in files.checksums]


def _put(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it into another file system; raises OSError for what is no regular file."""
    if signature(source) is None:
        raise OSError(f"{source} is no regular file")
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target, follow_symlinks=False)
    target.chmod(0o444)
