"""Requests to processes of the bench's own, as JSON that can hold paths which are not UTF-8."""

from __future__ import annotations

import json
from typing import Any, TypeVar

Request = TypeVar("Request")


def encode_request(request: Any) -> bytes:
    """Return a request as JSON; msgspec's own encoder refuses the text of a path that is not UTF-8."""
    import msgspec

    return json.dumps(msgspec.to_builtins(request, str_keys=True)).encode("ascii")


def decode_request(content: bytes, kind: type[Request]) -> Request:
    """Return what ``encode_request`` made bytes of; raises ValueError for anything else."""
    import msgspec

    return msgspec.convert(json.loads(content), type=kind, str_keys=True)
