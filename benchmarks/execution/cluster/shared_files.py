"""The files that machines of a cluster need: arrays without the labels of evaluation sets, weights, plug-ins."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.catalog.catalog import Catalog
from benchmarks.common.paths import ROOT
from benchmarks.datasets.spec import Images
from benchmarks.execution.cluster.order import PACKAGES, digest_of
from benchmarks.execution.protocol import Request, images_file, labels_file
from benchmarks.provenance.sources import reached_from

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEARNED = ("train", "validation")  # the splits whose labels a model sees


@dataclass(frozen=True)
class SharedFiles:
    """Files with their SHA-256, by the names that they have on every machine.

    ``weights``: the names of files of weights, by their networks. ``bundle``: the name of the file with the plug-ins,
    empty without any, and ``plugins`` their paths in it.
    """

    files: Mapping[str, tuple[Path, str]]
    weights: Mapping[str, str]
    bundle: str
    plugins: tuple[str, ...]

    def needed(self, request: Request, catalog: Catalog) -> tuple[dict[str, str], tuple[str, ...]]:
        """Return the SHA-256 of each file that a trial needs, by name, and the names of those with weights."""
        entries = catalog.models[request.trial.model], catalog.features[request.trial.features]
        networks = {entry.weights.network for entry in entries if entry.weights}
        weights = tuple(sorted(name for network, name in self.weights.items() if network in networks))
        names = [images_file(request.data[name]) for name in (*LEARNED, *request.evaluation_sets)]
        names += [labels_file(request.data[name]) for name in LEARNED]
        names += [*weights, *([self.bundle] if self.bundle else [])]
        return {name: self.files[name][1] for name in names}, weights


def write_shared_files(images: Images, hashes: Mapping[str, str], catalog: Catalog, folder: Path) -> SharedFiles:
    """Write what machines need into a folder; raises OSError."""
    import numpy as np

    paths: dict[str, Path] = {}
    for name, array in _arrays(images, hashes).items():
        paths[name] = folder / name
        np.save(paths[name], array)
    weights = {}
    for network, path in catalog.weights.items():
        weights[network] = f"{digest_of(path)[:16]}-{path.name}"
        paths[weights[network]] = path
    bundle, plugins = _bundle(catalog.plugins, folder)
    if bundle:
        paths[bundle.name] = bundle
    files = {name: (path, digest_of(path)) for name, path in paths.items()}
    return SharedFiles(files, weights, bundle.name if bundle else "", plugins)


def _arrays(images: Images, hashes: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    """Return what models may see, by the names of files: everything but the labels of the evaluation sets."""
    arrays: dict[str, NDArray[Any]] = {
        images_file(hashes[name]): split.images for name, split in images.evaluation.items()
    }
    for name, split in zip(LEARNED, (images.train, images.validation), strict=True):
        arrays |= {images_file(hashes[name]): split.images, labels_file(hashes[name]): split.labels}
    return arrays


def _bundle(plugins: Sequence[Path], folder: Path) -> tuple[Path | None, tuple[str, ...]]:
    """Put plug-ins and their own modules into one file, named by its content; return it, and their paths in it."""
    if not plugins:
        return None, ()
    reached = {path for plugin in plugins for path in reached_from(plugin)}
    own = sorted(path for path in reached if not any(path.is_relative_to(ROOT / package) for package in PACKAGES))
    root = Path(os.path.commonpath([path.parent for path in own]))
    part = folder / "plugins.zip"
    with zipfile.ZipFile(part, "w") as archive:
        for path in own:  # a ZipInfo has a fixed date: the same files give the same bundle
            archive.writestr(zipfile.ZipInfo(path.relative_to(root).as_posix()), path.read_bytes())
    bundle = part.rename(folder / f"plugins-{digest_of(part)[:16]}.zip")
    return bundle, tuple(plugin.relative_to(root).as_posix() for plugin in plugins)
