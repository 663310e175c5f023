"""Commands that messages suggest: they work when they are pasted, with what the user gave of plug-ins and places."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass

RUNNING = ("run", "tune")  # the commands that read data and run models


@dataclass(frozen=True)
class Given:
    """Options of the command under way, in words: any other needs ``plugins`` and ``places``; ``data`` those that run
    models."""

    plugins: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    data: tuple[str, ...] = ()


NOTHING = Given()
GIVEN: ContextVar[Given] = ContextVar("given", default=NOTHING)


def bench_command(*words: str) -> str:
    """Return a command of the suite for a shell, with the options of the command under way that it needs too.

    An option that is among the words is not added.
    """
    from shlex import quote  # ``list`` is to be fast

    given = GIVEN.get()
    command = "run" if words[0].startswith("-") else words[0]
    added = [*given.plugins, *given.places, *(given.data if command in RUNNING else ())]
    return " ".join(map(quote, ["python", "bench.py", *words, *_without(added, words)]))


def _without(added: Sequence[str], words: Sequence[str]) -> list[str]:
    """Return the options that are not among the words, with their values."""
    kept: list[str] = []
    is_known = False
    for word in added:
        if word.startswith("--"):
            is_known = word in words
        if not is_known:
            kept.append(word)
    return kept
