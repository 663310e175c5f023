"""A fitted transformer as plain data, numbers, texts and arrays, in place of a pickle, which could run anything.

Objects are those of the suite's ``features``, of scikit-learn, and of the plug-in that brings the pipeline. One whose
state is anything else is not stored; whoever needs it fits it again.
"""

from __future__ import annotations

import copyreg
import io
import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.spec import Transformer

if TYPE_CHECKING:
    from numpy.typing import NDArray

OF_THE_SUITE = ("features", "sklearn")
TREE = "tree"  # the name of the array that holds the JSON text
PLAIN = (bool, int, float, str, type(None))


class NotPlainError(ValueError):
    """A state that is not plain data, or the text of one that nothing here has written."""


def encoded(transformer: Transformer, homes: Sequence[str] = ()) -> bytes:
    """Return a fitted transformer as a .npz file without pickles; raises ``NotPlainError``.

    ``homes``: the modules beside the suite's in which its classes may be.
    """
    import numpy as np

    arrays: list[NDArray[Any]] = []
    try:
        text = json.dumps(_encode(transformer, arrays, (*OF_THE_SUITE, *homes)))
    except RecursionError as error:
        raise NotPlainError("its state contains itself") from error
    buffer = io.BytesIO()
    named = {str(number): array for number, array in enumerate(arrays)}
    np.savez(buffer, allow_pickle=False, **named, **{TREE: np.frombuffer(text.encode("utf-8", "surrogatepass"), "u1")})
    return buffer.getvalue()


def decoded(content: bytes, homes: Sequence[str] = ()) -> Transformer:
    """Return the transformer that was encoded; raises ``NotPlainError`` if it is none."""
    import numpy as np

    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            tree = json.loads(arrays[TREE].tobytes().decode("utf-8", "surrogatepass"))
            transformer: Transformer = _decode(tree, arrays, (*OF_THE_SUITE, *homes))
    except NotPlainError:
        raise
    except Exception as error:  # whatever a class makes of a state that is not its own
        raise NotPlainError(f"{type(error).__name__}: {error}") from error
    return transformer


def _encode(value: Any, arrays: list[NDArray[Any]], homes: Sequence[str]) -> Any:
    import numpy as np

    if type(value) in PLAIN:
        return value
    if type(value) is np.ndarray or isinstance(value, np.generic):
        if value.dtype.hasobject:
            raise NotPlainError("an array of Python objects")
        arrays.append(np.asarray(value))
        return {"array" if isinstance(value, np.ndarray) else "scalar": len(arrays) - 1}
    if type(value) in (tuple, list):
        return {type(value).__name__: [_encode(one, arrays, homes) for one in value]}
    if type(value) is dict:
        return {"dict": [[_encode(name, arrays, homes), _encode(one, arrays, homes)] for name, one in value.items()]}
    if isinstance(value, Path):
        return {"path": str(value)}
    return {"object": _name_of(value, homes), "state": _encode(_state_of(value), arrays, homes)}


def _name_of(value: object, homes: Sequence[str]) -> str:
    """Return the name of an object's class; raises ``NotPlainError`` unless it is found by it where it may be."""
    kind = type(value)
    name = f"{kind.__module__}:{kind.__qualname__}"
    if _class(name, homes) is not kind:
        raise NotPlainError(f"{name} is not found by its name")
    return name


def _state_of(value: object) -> dict[str, Any] | None:
    """Return the attributes of an object that is made without arguments; raises ``NotPlainError`` for any other."""
    reduced = value.__reduce_ex__(2)
    if isinstance(reduced, str) or reduced[:2] != (copyreg.__newobj__, (type(value),)):  # type: ignore[attr-defined]
        raise NotPlainError(f"{type(value).__name__} is not made of its attributes alone")
    state, *further = (*reduced[2:], None)
    if not isinstance(state, dict | None) or any(part is not None for part in further):
        raise NotPlainError(f"{type(value).__name__} has a state beyond its attributes")
    return state


def _decode(tree: Any, arrays: Any, homes: Sequence[str]) -> Any:
    if type(tree) in PLAIN:
        return tree
    kind = next(iter(tree))
    inner = tree[kind]
    match kind:
        case "array":
            return arrays[str(inner)]
        case "scalar":
            return arrays[str(inner)][()]
        case "tuple" | "list":
            values = [_decode(one, arrays, homes) for one in inner]
            return tuple(values) if kind == "tuple" else values
        case "dict":
            return {_decode(name, arrays, homes): _decode(one, arrays, homes) for name, one in inner}
        case "path":
            return Path(inner)
        case "object":
            return _object(_class(inner, homes), _decode(tree["state"], arrays, homes))
    raise NotPlainError(f"unknown kind {kind!r}")


def _object(kind: type, state: dict[str, Any] | None) -> Any:
    made: Any = object.__new__(kind)
    if state is not None:
        if hasattr(made, "__setstate__"):
            made.__setstate__(state)
        else:
            made.__dict__.update(state)
    return made


def _class(name: str, homes: Sequence[str]) -> type:
    """Return a class by its module and name; raises ``NotPlainError`` for one of another place."""
    module, _, path = name.partition(":")
    if not any(f"{module}.".startswith(f"{home}.") for home in homes):
        raise NotPlainError(f"the class {name} is neither of the suite, of scikit-learn, nor of its plug-in")
    found: Any = sys.modules.get(module) or import_module(module)
    for part in path.split("."):
        found = getattr(found, part, None)
    if not isinstance(found, type) or found.__module__ != module:
        raise NotPlainError(f"{name} is no class")
    return found
