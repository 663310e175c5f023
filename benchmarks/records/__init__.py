"""What is stored of a run: trials, predictions, fitted models, what they were judged by."""
