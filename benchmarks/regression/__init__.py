"""pytest-benchmark suites: what the bench, the models and the features cost, and whether that grows."""
