"""Fitted models as ONNX operators, from the feature matrix to labels and probabilities."""
