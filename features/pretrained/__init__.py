"""Networks trained on ImageNet: the files of their weights, and embeddings from their inner layers."""
