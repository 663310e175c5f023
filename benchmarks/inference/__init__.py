"""A saved model predicts the classes of image files and arrays."""
