"""pytest-benchmark suites of the harness, the models and the features, and the detection of regressions."""
