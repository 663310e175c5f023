"""Saved models as ONNX files: the pipeline and the model in one graph, verified against the original."""
