"""``--weights FILE``: which network a file of weights is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.catalog.catalog import Catalog
from benchmarks.common.dependencies import how_to_install
from benchmarks.common.errors import BenchError

if TYPE_CHECKING:
    from features.pretrained.weights import Weights
    from features.spec import FeaturePipeline
    from models.spec import ModelSpec


def use_weights(files: Sequence[Path], catalog: Catalog) -> None:
    """Have the networks of the catalog take their weights from these files, and from their published ones otherwise.

    Raises ``BenchError`` for a file that holds the weights of no network, or of one that has a file already.
    """
    chosen: dict[Weights, Path] = {}
    known = weights_in(catalog)
    for file in files:
        weights = _meant_by(file, known)
        if weights in chosen:
            raise BenchError(f"--weights {file} and --weights {chosen[weights]} are both for {weights.network}")
        chosen[weights] = file
    for weights in known:
        weights.use(chosen.get(weights))


def weights_in(catalog: Catalog) -> list[Weights]:
    """Return the weights that any model or pipeline asks for, each once."""
    asking: list[ModelSpec | FeaturePipeline] = [*catalog.models.values(), *catalog.features.values()]
    return list(dict.fromkeys(entry.weights for entry in asking if entry.weights))


def _meant_by(file: Path, known: Sequence[Weights]) -> Weights:
    if not file.is_file():
        raise BenchError(f"--weights {file}: there is no such file")
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
