"""What can be wrong with the weights that a plug-in describes: the bench opens and fetches the files that they name."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from features.pretrained.weights import Weights

PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}")  # of a file in one folder, of a network and of a layer
MD5 = re.compile(r"[0-9a-f]{32}")
ADDRESS = re.compile(r"https://[!-~]{1,1000}")


def weight_faults(weights: Weights) -> Iterator[str]:
    """Yield what a plug-in's weights must not be, in words."""
    if weights.chosen is not None:
        yield "chosen is for the user alone, by --weights"
    for name, value in (("network", weights.network), ("layer", weights.layer), ("file", weights.file)):
        if not PLAIN_NAME.fullmatch(value):
            yield f"{name} should be a plain name of letters, digits, '-', '_', '.' and '+'"
    if not _is_plain_address(weights.url):
        yield "url should be an https address without user, query and fragment"
    if not MD5.fullmatch(weights.md5):
        yield "md5 should be 32 hexadecimal digits, in small letters"
    if not (math.isfinite(weights.size_mb) and weights.size_mb > 0):
        yield "size_mb should be a number above 0"


def _is_plain_address(url: str) -> bool:
    if not ADDRESS.fullmatch(url) or {*url} & {*"?#@\\"}:
        return False
    try:
        return bool(urlsplit(url).hostname) and urlsplit(url).port != 0
    except ValueError:
        return False
