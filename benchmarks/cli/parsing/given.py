"""What the user gave that a command suggested to them needs too."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import fields

from benchmarks.common.paths import RESULTS
from benchmarks.common.suggestions import RUNNING, Given


def given_by(options: Namespace) -> Given:
    """Return the options of a command in words; what stands at its default is left out."""
    given = vars(options)
    plugins = [word for path in given.get("plugins", ()) for word in ("--plugin", str(path))]
    places = []
    if given.get("results_dir", RESULTS) != RESULTS:
        places += ["--results-dir", str(given["results_dir"])]
    if given.get("data_dir"):
        places += ["--data-dir", str(given["data_dir"])]
    data = [word for path in given.get("weights", ()) for word in ("--weights", str(path))]
    if given.get("dataset") not in (None, "auto"):
        data += ["--dataset", str(given["dataset"])]
    if options.command in RUNNING:
        data += _preparation(options)
    return Given(tuple(plugins), tuple(places), tuple(data))


def _preparation(options: Namespace) -> list[str]:
    """Return how a run reads and prepares its data, and under which name it stores results."""
    from benchmarks.datasets.spec import ReadingOptions  # ``list`` is to be fast

    reading = {field.name: getattr(options, field.name) for field in fields(ReadingOptions)}
    return [
        *(["--polarity", options.polarity] if options.polarity != "auto" else []),
        *(["--centre"] if options.centre else []),
        *(["--normalise"] if options.normalise else []),
        *(["--image-size", str(options.image_size)] if options.image_size else []),
        *ReadingOptions(**reading).words(),
        *(["--run", options.run] if options.run != "local" else []),
        *(["--allow-network"] if options.allow_network else []),
    ]
