"""The turns in which all benchmarks are timed, and how pytest's names of benchmarks show them."""

from __future__ import annotations

import re

TURNS = ("turn0", "turn1", "turn2")
"""What disturbs a benchmark in one turn is mostly over when the next comes to it, a minute later."""

SHOWN = re.compile(rf"\[({'|'.join(TURNS)})(?:-|\])")


def name_and_turn(full_name: str) -> tuple[str, str]:
    """Return a benchmark's name without folder and turn, and the turn; raises ValueError without any."""
    name = full_name.rpartition("/")[2]
    if not (found := SHOWN.search(name)):
        raise ValueError(f"{name} names no turn")
    return SHOWN.sub("[" if found[0].endswith("-") else "", name), found[1]


def in_turns(name: str) -> list[str]:
    """Return what pytest calls a benchmark in each of its turns."""
    test, _, case = name.partition("[")
    return [f"{test}[{turn}{f'-{case}' if case else ']'}" for turn in TURNS]
