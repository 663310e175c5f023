"""Charts as values, drawn as SVG and by Matplotlib."""
