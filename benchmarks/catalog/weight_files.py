"""``--weights FILE``: which network a file of weights is for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from benchmarks.catalog.catalog import Catalog
from benchmarks.common.dependencies import how_to_install
from benchmarks.common.errors import BenchError
from features.spec import FeaturePipeline
from models.spec import ModelSpec

if TYPE_CHECKING:
    from features.pretrained.weights import Weights


LARGEST = 8 << 30  # bytes; the largest of keras.applications has 1 GB
Entry = TypeVar("Entry", ModelSpec, FeaturePipeline)


def with_weight_files(catalog: Catalog, files: Sequence[Path]) -> Catalog:
    """Return the catalog with the weights of its networks taken from these files, where there is one for them.

    Raises ``BenchError`` for a file that holds the weights of no network, or of one that has a file already, and for an
    environment variable that names no file.
    """
    chosen: dict[str, Path] = {}
    known = weights_in(catalog)
    for weights in known:
        if weights.variable in os.environ:
            _check_file(f"{weights.variable}={os.environ[weights.variable]}", Path(os.environ[weights.variable]))
    for file in files:
        network = _meant_by(file, known).network
        if network in chosen:
            raise BenchError(f"--weights {file} and --weights {chosen[network]} are both for {network}")
        chosen[network] = file.absolute()

    def with_file(entry: Entry) -> Entry:
        if entry.weights is None or entry.weights.network not in chosen:
            return entry
        return replace(entry, weights=replace(entry.weights, chosen=chosen[entry.weights.network]))

    models, features = catalog.models.changed(with_file), catalog.features.changed(with_file)
    return replace(catalog, models=models, features=features, weights=chosen)


def use_weights(catalog: Catalog, chosen: Mapping[str, str | Path]) -> None:
    """Have the networks of this process take their weights from the chosen files, named by their networks."""
    for weights in weights_in(catalog):
        if weights.network in chosen:
            weights.use(Path(chosen[weights.network]))


def weights_in(catalog: Catalog) -> list[Weights]:
    """Return the weights that any model or pipeline asks for, each once."""
    asking: list[ModelSpec | FeaturePipeline] = [*catalog.models.values(), *catalog.features.values()]
    return list(dict.fromkeys(entry.weights for entry in asking if entry.weights))


def _check_file(given: str, file: Path) -> None:
    """Raise ``BenchError`` unless it is a regular file, as every start of a run computes its checksum."""
    if not file.is_file():
        raise BenchError(f"{given}: there is no such file")
    if file.stat().st_size > LARGEST:
        raise BenchError(f"{given}: it is larger than {LARGEST >> 30} GiB")


def _meant_by(file: Path, known: Sequence[Weights]) -> Weights:
    _check_file(f"--weights {file}", file)
    if file.suffix != ".h5" or file.name.endswith(".weights.h5"):
        raise BenchError(
            f"--weights {file}: Keras knows a layout by the file's name; that of keras.applications ends with .h5, "
            "and not with .weights.h5"
        )
    try:
        layers = set(_layers_in(file))
    except OSError as error:
        raise BenchError(f"--weights {file}: this is no HDF5 file that can be read ({error})") from error
    found = next((weights for weights in known if weights.layer in layers), None)
    if not found:
        networks = " or ".join(f"{weights.network} ({weights.layer})" for weights in known)
        raise BenchError(f"--weights {file}: it has no layer of {networks}; keras.applications publishes such files")
    return found


def _layers_in(file: Path) -> Iterator[str]:
    """Yield the names of the layers, of a whole model too. Raises OSError, or BenchError without Keras."""
    try:
        import h5py
    except ImportError:
        raise BenchError(f"--weights {file}: {how_to_install(['keras'])}") from None

    with h5py.File(file, "r") as opened:
        yield from opened
        if isinstance(inner := opened.get("model_weights"), h5py.Group):
            yield from inner
