"""Every feature pipeline of the suite, by name."""

from __future__ import annotations

from features import deskew, edges, hog, orientation_maps, pixels, principal_components
from features.naming import Registry
from features.pretrained import embeddings
from features.spec import FeaturePipeline

FEATURES: Registry[FeaturePipeline] = Registry(
    "feature pipeline",
    (
        *pixels.FEATURES,
        *deskew.FEATURES,
        *edges.FEATURES,
        *hog.FEATURES,
        *orientation_maps.FEATURES,
        *principal_components.FEATURES,
        *embeddings.FEATURES,
    ),
)
