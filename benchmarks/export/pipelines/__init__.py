"""The feature pipelines as ONNX operators, from images to the matrix that a model reads."""
