"""The rows that fit MNIST within about ten seconds on two cores, features included: what ``--models quick`` stands for.

A table and no field of the specs, because it is a measurement: a test compares it with the times of the published run.
"""

from __future__ import annotations

QUICK = "quick"
LIMIT_S = 14.0  # features and fit of the published run; what is on the edge is not decided by a tenth of a second

ROWS = (
    ("logistic", "pixels"),
    ("logistic", "hog"),
    ("logistic", "edges"),
    ("logistic", "orientation-maps-pca"),
    ("linear-svm", "pixels"),
    ("linear-svm", "orientation-maps-pca"),
    ("knn", "pixels"),
    ("knn", "hog"),
    ("knn", "orientation-maps-pca"),
    ("knn-deskew", "deskew"),
    ("extra-trees", "orientation-maps-pca"),
    ("cnn-fast", "pixels"),
)
"""Models and their pipelines. ``dummy`` is quick too, and left out: it answers every image alike."""
