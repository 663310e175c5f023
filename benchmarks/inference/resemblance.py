"""Do prepared images look like those that a model was trained on? If not, which preparation would make them so?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from benchmarks.datasets.preprocessing.normalization import DIGIT_SIDE
from benchmarks.datasets.spec import SIDE, Preparation
from benchmarks.datasets.traits import Traits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Prepare = Callable[[Preparation], "NDArray[np.uint8]"]

TAILS = (2, 98)  # percentiles of the training images' traits between which an image is as they are
# what an image may be beyond those, and is still alike: of 255, and of the shorter side
MARGINS = {"background": 32.0, "unevenness": 48.0, "ink": 64.0, "size": 0.12, "offset": 0.08}
PLACE = {"small", "larger", "off-centre"}  # differences that need no other strokes
OPTIONS = {"--centre": {"centred": True, "normalised": False}, "--normalise": {"normalised": True}}


@dataclass(frozen=True)
class Resemblance:
    """What training images are like: between which values most of them are in each trait, and their usual size."""

    usual: Mapping[str, tuple[float, float]]
    size: float

    @classmethod
    def to(cls, samples: NDArray[np.uint8]) -> Self | None:
        """Return it for some prepared training images, of shape (n, height, width); None without any that is drawn."""
        import numpy as np

        traits = [vars(Traits.of(image)) for image in samples if image.any()]
        if not traits:
            return None
        values = {name: np.array([one[name] for one in traits]) for name in MARGINS}
        usual = {name: tuple(map(float, np.percentile(of_all, TAILS))) for name, of_all in values.items()}
        return cls({name: (low, high) for name, (low, high) in usual.items()}, float(np.median(values["size"])))

    def differences(self, image: NDArray[np.uint8]) -> list[str]:
        """Return in words in what a prepared image differs from the training images; nothing if it is like them."""
        traits = vars(Traits.of(image))
        above = {name: traits[name] - self.usual[name][1] - margin for name, margin in MARGINS.items()}
        below = {name: self.usual[name][0] - traits[name] - margin for name, margin in MARGINS.items()}
        found = {
            "a lighter or darker background": max(above["background"], below["background"]),
            "uneven light": above["unevenness"],
            "faint strokes": below["ink"],
            "small": below["size"],
            "larger": above["size"],
            "off-centre": above["offset"],
        }
        return [words for words, excess in found.items() if excess > 0]

    def options(self, own: Preparation) -> dict[str, Preparation]:
        """Return the preparations that an option asks for in place of a model's own, the simplest first."""
        if own.normalised:
            return {}
        scaled = own if own.centred else replace(own, ink_share=self.ink_share)
        return {
            option: replace(scaled, **changes)  # type: ignore[arg-type]  # they are fields of it
            for option, changes in OPTIONS.items()
            if not (own.centred and option == "--centre")
        }

    @property
    def ink_share(self) -> float | None:
        """The share of the frame's side that ink has in most training images; None for that of MNIST's digits."""
        return None if abs(self.size - DIGIT_SIDE / SIDE) < MARGINS["size"] else self.size

    def advice(self, own: Preparation, prepare: Prepare) -> tuple[list[str], str] | None:
        """Return in what an image that ``prepare`` prepares differs, and the option with which it would not.

        None where it is like the training images, or no option makes it so. Centring brings out no faint strokes.
        """
        if not (found := self.differences(prepare(own))):
            return None
        for option, other in self.options(own).items():
            if (option == "--normalise" or PLACE.issuperset(found)) and not self.differences(prepare(other)):
                return found, option
        return None
