"""Commands about several image files: those that cannot be read are named, and the others answered."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence

from benchmarks.inference.saved_model import SavedModel

OK, UNREADABLE = 0, 2  # exit codes


def name_unreadable(reasons: Mapping[str, str]) -> None:
    """Say on the error output why files cannot be read."""
    for reason in reasons.values():
        print(f"bench.py: {reason}", file=sys.stderr)


def as_json(saved: SavedModel, images: Sequence[Mapping[str, object]], unreadable: Mapping[str, str]) -> str:
    """Return for programs which model answers, what it says of each image, and why files cannot be read, by name."""
    about = {"run": saved.store.run, "dataset": saved.store.dataset, "trial": saved.result.trial.key}
    reasons = [{"image": name, "reason": reason} for name, reason in unreadable.items()]
    return json.dumps({**about, "images": images, "unreadable": reasons}, indent=1)
