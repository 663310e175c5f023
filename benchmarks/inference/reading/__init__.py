"""Several handwritten digits in one picture: its ink is cut into digits, which a saved model reads in order."""
