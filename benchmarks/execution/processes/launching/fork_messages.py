"""What the bench and a fork server say to each other. Paths and variables are bytes: any may be in their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LARGEST = 1 << 16  # bytes of a message


@dataclass(frozen=True)
class ForkRequest:
    """What a fork is to run, and its environment as far as that is not the server's: None for what it does not have.

    Its output, the pipe for its exit code, and its channel, if it has one, come with the message.
    """

    module: str
    arguments: tuple[bytes, ...]
    folder: bytes
    variables: Mapping[str, bytes | None]
    mark: str
    channel: int | None


@dataclass(frozen=True)
class Ready:
    """All is imported, which took ``imports_s``."""

    imports_s: float
