"""Tables of labels and pixels, or of labels and image files."""
