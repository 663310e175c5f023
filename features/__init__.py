"""The feature pipelines: from raw images to the matrix that a model reads."""
