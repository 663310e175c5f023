"""The precision of a network's layers: float32, or bfloat16 where the processor supports it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
"""Keras' name of each; weights, sums and losses stay float32 in both."""

FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}  # as Linux names them on x86 and on ARM


@cache
def processor_has_bfloat16() -> bool:
    """Return whether the processor has instructions for bfloat16; without them it is slower than float32."""
    try:
        return not FLAGS.isdisjoint(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        return False


@contextmanager
def layers_in(precision: str) -> Iterator[None]:
    """Let layers created meanwhile compute in ``float32``, or in ``bfloat16`` if the processor supports it."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(POLICIES[precision if processor_has_bfloat16() else "float32"])
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
