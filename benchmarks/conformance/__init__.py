"""The requirements of models, feature pipelines and datasets as checks; `bench.py check` runs them."""
