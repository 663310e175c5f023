"""The model card: what an exported model is, how good it is, and how it is used (after Mitchell et al. 2019)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.analysis.statistics import wilson
from benchmarks.common.formatting import mebibytes
from benchmarks.datasets.preprocessing.normalization import DIGIT_SIDE
from benchmarks.datasets.spec import SIDE
from benchmarks.export.exported import Export
from benchmarks.inference.predictor import Predictor
from benchmarks.provenance.environment import machine_environment, version_of
from benchmarks.records.trial import Scores
from benchmarks.report.text.escaping import in_markdown

if TYPE_CHECKING:
    from benchmarks.datasets.spec import Images, Preparation

TEMPLATES = Path(__file__).parent / "templates"
TEMPLATE = "model_card.md.jinja"


@dataclass(frozen=True)
class ScoreRow:
    """The scores on one evaluation set, as text; ``accuracy`` with its 95 % interval."""

    name: str
    n: str
    accuracy: str
    f1: str
    log_loss: str
    ece: str


def model_card(predictor: Predictor, images: Images, done: Export) -> str:
    """Return the card as Markdown; scores are those stored with the model, of its run."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    environment.filters |= {"text": in_markdown, "mebibytes": mebibytes}
    result = predictor.saved.result
    return environment.get_template(TEMPLATE).render(
        predictor=predictor,
        trial=result.trial,
        result=result,
        run=predictor.saved.store.run,
        dataset=predictor.saved.store.dataset,
        images=images,
        preparation=_preparation(predictor.preparation),
        scores=list(_score_rows(result.evaluation)),
        weakest=_weakest(result.scores),
        done=done,
        processor=machine_environment().cpu,
        onnxruntime=version_of("onnxruntime"),
        has_probabilities=done.files[0].parity.kind == "probability",
    )


def _score_rows(evaluation: object) -> Iterator[ScoreRow]:
    assert isinstance(evaluation, dict)
    for name, scores in evaluation.items():
        interval = wilson(scores.n_test - scores.n_errors, scores.n_test)
        yield ScoreRow(
            name,
            f"{scores.n_test:,}",
            f"{scores.accuracy:.2%} ({interval.low:.2%}–{interval.high:.2%})",
            f"{scores.f1_macro:.2%}",
            "" if scores.log_loss is None else f"{scores.log_loss:.4f}",
            "" if scores.ece is None else f"{scores.ece:.4f}",
        )


def _weakest(scores: Scores | None) -> str:
    """Say which class is recognised worst."""
    if scores is None or not scores.per_class:
        return ""
    worst = min(scores.per_class, key=lambda one: one.recall)
    return f"{in_markdown(worst.label)}, of which {worst.recall:.2%} of {worst.support:,} test images are recognised"


def _preparation(preparation: Preparation) -> str:
    """Say what the training images were like, and so images to predict should be."""
    height, width = preparation.image_shape
    steps = [f"uint8 images of {height}×{width} pixels, light ink on dark: 0 the background and 255 full ink"]
    if preparation.centred or preparation.normalised:
        share = DIGIT_SIDE / SIDE if preparation.ink_share is None else preparation.ink_share
        side = round(min(height, width) * share)
        steps.append(f"the ink scaled to fit {side}×{side} pixels, and its centre of mass in the middle")
    else:
        steps.append("the ink as large and where it is in the whole original, which is scaled to fit")
    if preparation.normalised:
        steps.append("strokes evened in strength and width")
    if preparation.dark_on_light:
        steps.append("originals, which are dark on light, inverted")
    return "; ".join(steps)
