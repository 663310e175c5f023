"""The one error that is the user's to mend."""

from __future__ import annotations


class BenchError(Exception):
    """Bad arguments or bad data.

    The message is one line: what is wrong and what to do. ``bench.py`` prints it and leaves with 2. What it quotes from
    a file stays one line too: line breaks and control characters become spaces.
    """

    def __init__(self, message: str) -> None:
        super().__init__("".join(character if character.isprintable() else " " for character in message))
