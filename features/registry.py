"""Every feature pipeline of the suite, by name."""

from __future__ import annotations

from features import edges, hog, pixels
from features.naming import Registry
from features.spec import FeaturePipeline

FEATURES: Registry[FeaturePipeline] = Registry("feature pipeline", (*pixels.FEATURES, *edges.FEATURES, *hog.FEATURES))
