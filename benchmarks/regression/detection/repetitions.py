"""The repetitions of a pass over all benchmarks, and their ids in pytest's names."""

from __future__ import annotations

import re

REPETITIONS = ("turn0", "turn1", "turn2")
"""A disturbance of one repetition is usually over a minute later, at the next. The ids are part of stored files."""

REPETITION_ID = re.compile(rf"\[({'|'.join(REPETITIONS)})(?:-|\])")


def name_and_repetition(full_name: str) -> tuple[str, str]:
    """Return a benchmark's name without folder and repetition, and the repetition; raises ValueError without any."""
    name = full_name.rpartition("/")[2]
    if not (found := REPETITION_ID.search(name)):
        raise ValueError(f"{name} has no repetition")
    return REPETITION_ID.sub("[" if found[0].endswith("-") else "", name), found[1]


def repetition_ids(name: str) -> list[str]:
    """Return pytest's names of a benchmark in all repetitions."""
    test, _, case = name.partition("[")
    return [f"{test}[{repetition}{f'-{case}' if case else ']'}" for repetition in REPETITIONS]
