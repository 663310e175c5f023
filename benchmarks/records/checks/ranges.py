"""The range of each stored value, as types that are checked when a file is read."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Share = Annotated[float, Meta(ge=0, le=1)]
Amount = Annotated[float, Meta(ge=0, le=1e15)]
Count = Annotated[int, Meta(ge=0, le=2**50)]
Seconds = Annotated[float, Meta(ge=0, le=1e8)]  # three years
Milliseconds = Annotated[float, Meta(ge=0, le=1e11)]
Megabytes = Annotated[float, Meta(ge=0, le=1e9)]
LogLoss = Annotated[float, Meta(ge=0, le=36.1)]  # -ln of the smallest probability that counts, 2.2e-16
Brier = Annotated[float, Meta(ge=0, le=2)]
R2 = Annotated[float, Meta(ge=-1e15, le=1)]

TrainSize = Annotated[int, Meta(ge=1, le=10**9)]
Threads = Annotated[int, Meta(ge=1, le=10**5)]
Cores = Annotated[int, Meta(ge=1, le=10**6)]
Gigabytes = Annotated[int, Meta(ge=0, le=10**6)]

# one line; \Z, because $ would let a line break stand at the end
Line = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f-\x9f]{0,1000}\Z")]
# of inputs, which are compared only
Digest = Annotated[str, Meta(pattern=r"^[!-~][ -~]{0,999}\Z")]
DigestOrNothing = Annotated[str, Meta(pattern=r"^[ -~]{0,1000}\Z")]
Commit = Annotated[str, Meta(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?\Z")]
Moment = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00\Z")]  # in UTC
